package learn

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// MostOnPlane is how many photos the directions of a plane are found with: the time for it grows with their square, or with
// that of the features.
const MostOnPlane = 600

// Plane is photos as points of a plane.
type Plane struct {
	X, Y  []float64
	Share float64 // of the variance of the features, that the two directions have
	From  int     // photos that they were found with
}

// NewPlane places photos by the two principal components of their features. It is nil where there are none: for fewer than
// three photos, or where all are the same.
func NewPlane(features []*Features) *Plane {
	n := len(features)
	if n < 3 {
		return nil
	}
	width := len(features[0].Rows[0])
	chosen := min(n, MostOnPlane)
	rows := mat.NewDense(chosen, width, nil)
	mean := make([]float64, width)
	for i := range chosen {
		for j, v := range features[i*n/chosen].Rows[0] { // spread over all
			rows.Set(i, j, float64(v))
			mean[j] += float64(v) / float64(chosen)
		}
	}
	var pc stat.PC
	if !pc.PrincipalComponents(rows, nil) {
		return nil
	}
	variances := pc.VarsTo(nil)
	total := 0.0
	for _, v := range variances {
		total += v
	}
	if len(variances) < 2 || !(total > 0) {
		return nil
	}
	var directions mat.Dense
	pc.VectorsTo(&directions)
	p := &Plane{Share: (variances[0] + variances[1]) / total, From: chosen}
	for _, axis := range []struct {
		to     *[]float64
		column int
	}{{&p.X, 0}, {&p.Y, 1}} {
		direction := mat.Col(nil, axis.column, &directions)
		turn := sign(direction)
		for _, f := range features {
			sum := 0.0
			for j, v := range f.Rows[0] {
				sum += (float64(v) - mean[j]) * direction[j]
			}
			*axis.to = append(*axis.to, turn*sum)
		}
	}
	return p
}

// sign is 1 or -1, so that the largest part of a direction, which may point either way, becomes positive.
func sign(direction []float64) float64 {
	largest := 0.0
	for _, v := range direction {
		if math.Abs(v) > math.Abs(largest) {
			largest = v
		}
	}
	if largest < 0 {
		return -1
	}
	return 1
}
