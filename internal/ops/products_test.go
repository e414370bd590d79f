package ops

import (
	"math"
	"math/rand/v2"
	"testing"

	"resnet/internal/isa"
)

// TestProducts compares each with sums in float64, for lengths around a chunk and any number of rows, and wants what is added
// to a row to be the same alone.
func TestProducts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, p := range AllProducts() {
		if !isa.Has(p.Level) {
			t.Logf("%s: this CPU has no %v", p.Name, p.Level)
			continue
		}
		for _, n := range []int{0, lanes, productsChunk - lanes, productsChunk, productsChunk + lanes, 3*productsChunk + 2*lanes} {
			for rows := range 10 {
				stride := n + rows
				x, w := make([]float32, n), make([]float32, rows*stride)
				for i := range x {
					x[i] = float32(random.NormFloat64())
				}
				for i := range w {
					w[i] = float32(random.NormFloat64())
				}
				dst := make([]float64, rows)
				p.Add(dst, x, w, stride)
				for row, got := range dst {
					want, size := 0.0, 0.0
					for i, v := range x {
						product := float64(v) * float64(w[row*stride+i])
						want += product
						size += math.Abs(product)
					}
					if math.Abs(got-want) > 1e-6*size {
						t.Errorf("%s: %d values, row %d of %d: %v, want %v", p.Name, n, row, rows, got, want)
					}
					alone := []float64{0}
					p.Add(alone, x, w[row*stride:], stride)
					if alone[0] != got {
						t.Errorf("%s: %d values, row %d of %d: %v, alone %v", p.Name, n, row, rows, got, alone[0])
					}
				}
			}
		}
	}
}

func TestProductsCheckLengths(t *testing.T) {
	for name, call := range map[string]func(p *Products){
		"not 16": func(p *Products) { p.Add(make([]float64, 1), make([]float32, 17), make([]float32, 17), 17) },
		"short":  func(p *Products) { p.Add(make([]float64, 2), make([]float32, 16), make([]float32, 31), 16) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call(ChooseProducts(isa.Generic))
		}()
	}
}
