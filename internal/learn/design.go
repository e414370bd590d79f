package learn

import (
	"resnet/internal/isa"
	"resnet/internal/ops"
)

// design is the data as the products read them. Rows stand in the order of their folds, each of which is filled up to whole
// blocks of 16 places, so that the places of all folds but one are two runs.
type design struct {
	*Data
	products *ops.Products
	threads  int
	place    []int     // of features' rows: the row at each place; -1: none
	class    []int     // of the photo at each place
	columns  []float32 // (width, places): the features transposed; zero where there is no row
	folds    []span
	mean     []float64 // (width) of all rows
}

// span is a run of places, of whole blocks.
type span struct{ first, last int }

// newDesign arranges data by folds, one of each photo. The caller releases the result.
func newDesign(data *Data, folds []int, k, threads int) (*design, error) {
	d := &design{Data: data, products: ops.ChooseProducts(isa.Allowed()), threads: threads, mean: make([]float64, data.Width)}
	for fold := range k {
		first := len(d.place)
		for photo, f := range folds {
			if f != fold {
				continue
			}
			for copied := range data.Copies {
				d.place = append(d.place, photo*data.Copies+copied)
				d.class = append(d.class, data.Class[photo])
			}
		}
		for len(d.place)%lanes != 0 {
			d.place, d.class = append(d.place, -1), append(d.class, 0)
		}
		d.folds = append(d.folds, span{first, len(d.place)})
	}
	var err error
	if d.columns, err = Allocate(data.Width * len(d.place)); err != nil {
		return nil, err
	}
	inParts(threads, d.transpose)
	return d, nil
}

func (d *design) release() { Release(d.columns) }

// transpose fills the part's share of the columns, and their means.
func (d *design) transpose(part int) {
	places := len(d.place)
	first, last := share(d.Width, lanes, part, d.threads)
	for j := first; j < last; j += lanes {
		var sums [lanes]float64
		for at, row := range d.place {
			if row < 0 {
				continue
			}
			for i, v := range d.Features[row*d.Width+j:][:lanes] {
				d.columns[(j+i)*places+at] = v
				sums[i] += float64(v)
			}
		}
		for i, sum := range sums {
			d.mean[j+i] = sum / float64(d.rows())
		}
	}
}

// without are the runs of places of all folds but one; of all folds for -1.
func (d *design) without(fold int) []span {
	if fold < 0 {
		return []span{{0, len(d.place)}}
	}
	var runs []span
	for _, run := range []span{{0, d.folds[fold].first}, {d.folds[fold].last, len(d.place)}} {
		if run.first < run.last {
			runs = append(runs, run)
		}
	}
	return runs
}

// mostTogether bounds the rows that share one call of the products, and so what is kept of them.
const mostTogether = 64

// together is the number of places from at, before last, whose rows follow one another; 0 where there is no row.
func (d *design) together(at, last int) int {
	n := 0
	for at+n < last && n < mostTogether && d.place[at] >= 0 && d.place[at+n] == d.place[at]+n {
		n++
	}
	return n
}

// eachTogether calls do with the places from first to last, and for each how many rows follow one another from there; 0 is a place
// without a row.
func (d *design) eachTogether(first, last int, do func(at, n int)) {
	for at := first; at < last; {
		n := d.together(at, last)
		do(at, n)
		at += max(n, 1)
	}
}

// addProducts adds the products of n rows that follow one another, from the row at a place, with weights (k, width) to dst (n, k).
// What there is more of takes turns with the other: that spares most of the calls where there is one row of weights.
func (d *design) addProducts(dst []float64, weights []float32, at, n int) {
	rows := d.Features[d.place[at]*d.Width:][:n*d.Width]
	k := len(weights) / d.Width
	if k == 1 {
		d.products.Add(dst[:n], weights, rows, d.Width)
		return
	}
	for j := range n {
		d.products.Add(dst[j*k:][:k], rows[j*d.Width:][:d.Width], weights, d.Width)
	}
}

// combine makes dst (width, k) the sums of the rows of runs, each times its factors (k, places), from the first to the last
// column. Factors are taken in blocks that stay in the second-level cache, whose bounds depend on the runs alone.
func (d *design) combine(dst []float64, factors []float32, runs []span, first, last int) {
	places := len(d.place)
	k := len(factors) / places
	block := max(512, (1<<16)/k/512*512)
	clear(dst[first*k : last*k])
	for _, run := range runs {
		for at := run.first; at < run.last; at += block {
			end := min(run.last, at+block)
			if k == 1 {
				d.products.Add(dst[first:last], factors[at:end], d.columns[first*places+at:], places)
				continue
			}
			for j := first; j < last; j++ {
				d.products.Add(dst[j*k:][:k], d.columns[j*places:][at:end], factors[at:], places)
			}
		}
	}
}
