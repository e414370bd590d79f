// Package train trains networks: from photos of classes to a run, a folder with the weights and what became of the loss. The same
// photos, recipe and kernels give the same bits, whatever the threads, and whether a run was interrupted or not.
package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"resnet/internal/imaging"
)

// Data are the photos of a training, decoded to squares of one size.
type Data struct {
	Classes []string // in the order of their names
	Side    int      // rows and columns of each photo
	Labels  []int32  // of each photo
	// Train and Test are photos to learn from, and those that tell how good a network is.
	Train, Test []int32
	Digest      string   // of all that
	Notes       []string // what was taken for granted, and what is left out

	pixels []byte   // (n, side, side, 3)
	broken []string // classes of which no photo could be read
	close  func()
}

// Close gives the memory of the photos back.
func (d *Data) Close() {
	if d.close != nil {
		d.close()
	}
}

// photo is the pixels of one, (side, side, 3).
func (d *Data) photo(i int32) []byte {
	size := d.Side * d.Side * 3
	return d.pixels[int(i)*size:][:size]
}

// Pixels are the mean and the standard deviation of each channel over the photos to learn from, as shares of the largest value.
func (d *Data) Pixels() (mean, std [3]float32) {
	var counts [3][256]int64
	for _, i := range d.Train {
		p := d.photo(i)
		for at := 0; at < len(p); at += 3 {
			counts[0][p[at]]++
			counts[1][p[at+1]]++
			counts[2][p[at+2]]++
		}
	}
	for c, values := range counts {
		n, sum, squares := 0.0, 0.0, 0.0
		for v, count := range values {
			n += float64(count)
			sum += float64(v) * float64(count)
			squares += float64(v*v) * float64(count)
		}
		m := sum / n
		mean[c], std[c] = float32(m/255), float32(math.Sqrt(max(0, squares/n-m*m))/255)
		if std[c] < float32(imaging.MinStd) {
			std[c] = 1 // of photos of one colour
		}
	}
	return mean, std
}

// split moves a share of each class to the test: at random, and so that one photo is left to learn from.
func (d *Data) split(share float64, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 0))
	own := make([][]int32, len(d.Classes))
	for _, i := range d.Train {
		own[d.Labels[i]] = append(own[d.Labels[i]], i)
	}
	d.Train = nil
	for _, photos := range own {
		random.Shuffle(len(photos), func(i, j int) { photos[i], photos[j] = photos[j], photos[i] })
		n := min(int(share*float64(len(photos))+0.5), len(photos)-1)
		d.Test, d.Train = append(d.Test, photos[:n]...), append(d.Train, photos[n:]...)
	}
	slices.Sort(d.Train)
	slices.Sort(d.Test)
	if len(d.Test) == 0 {
		return fmt.Errorf("no photo is kept back to tell how good the network is: %d photos of %d classes are too few for the share that is; give more of either", len(d.Train), len(d.Classes))
	}
	return nil
}

// check tells whether there is something to learn.
func (d *Data) check() error {
	if none := d.without(d.Train); len(none) > 0 {
		return fmt.Errorf("class %s has no photo to learn from", none[0])
	}
	if none := d.without(d.Test); len(none) > 0 {
		d.Notes = append(d.Notes, "without a photo to test: "+someNames(none))
	}
	return nil
}

// without are the classes of which some photos have none.
func (d *Data) without(photos []int32) (classes []string) {
	seen := make([]bool, len(d.Classes))
	for _, i := range photos {
		seen[d.Labels[i]] = true
	}
	for i, class := range d.Classes {
		if !seen[i] {
			classes = append(classes, class)
		}
	}
	return classes
}

// someNames are the first of some names.
func someNames(names []string) string {
	const most = 5
	text := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
