// Package learn fits a classifier to the features that a trained network has of labelled photos: the data sets, their
// folds, the head, and how far its probabilities can be trusted. It has neither flags nor streams.
package learn

import (
	"errors"
	"fmt"
	"sync"
)

// Data are the features of labelled photos. Of a photo there may be several rows, one after the other: it as it is, and
// mirrored.
type Data struct {
	Features []float32 // (photos·Copies, Width)
	Width    int       // of a row: a whole number of 16 values, the last of which may be zeros in every row
	Copies   int       // rows of each photo
	Class    []int     // of each photo, from 0
	Classes  int
}

// check is what a programmer got wrong, or what no head can be fitted to.
func (d *Data) check() error {
	if d.Width <= 0 || d.Width%lanes != 0 || d.Copies < 1 || len(d.Features) != len(d.Class)*d.Copies*d.Width {
		panic(fmt.Sprintf("learn: %d features for %d photos of %d rows of %d", len(d.Features), len(d.Class), d.Copies, d.Width))
	}
	if d.Classes < 2 {
		return errors.New("there is one class: nothing can be told apart")
	}
	return nil
}

// lanes is what the rows of products are multiples of.
const lanes = 16

// row is a row of features.
func (d *Data) row(i int) []float32 { return d.Features[i*d.Width:][:d.Width] }

// rows is how many there are.
func (d *Data) rows() int { return len(d.Class) * d.Copies }

// share is the part's share of n, in whole blocks.
func share(n, block, part, parts int) (first, last int) {
	blocks := (n + block - 1) / block
	return min(n, blocks*part/parts*block), min(n, blocks*(part+1)/parts*block)
}

// inParts runs the parts of a piece of work at the same time.
func inParts(parts int, run func(part int)) {
	var g sync.WaitGroup
	for part := 1; part < parts; part++ {
		g.Go(func() { run(part) })
	}
	run(0)
	g.Wait()
}

// Balanced are weights of the classes with which each counts as much as any other, whatever its number of photos.
func Balanced(class []int, classes int) []float64 {
	weights := make([]float64, classes)
	for _, c := range class {
		weights[c]++
	}
	for c, n := range weights {
		weights[c] = float64(len(class)) / (float64(classes) * n)
	}
	return weights
}
