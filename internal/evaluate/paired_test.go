package evaluate

import (
	"math"
	"testing"
)

func TestPaired(t *testing.T) {
	p := &Paired{}
	for _, image := range [][3]int{{1, 1, 1}, {1, 1, 2}, {1, 2, 1}, {1, 2, 1}, {1, 2, 2}, {1, 2, 3}} {
		p.Add(image[0], image[1], image[2])
	}
	if *p != (Paired{Both: 1, OnlyA: 1, OnlyB: 2, Neither: 2, Changed: 4}) || p.Images() != 6 {
		t.Errorf("%+v", p)
	}
	// Agresti and Min: of 1,600 British voters 150 and 86 changed their mind.
	p = &Paired{Both: 794, OnlyA: 150, OnlyB: 86, Neither: 570}
	d, low, high := p.Difference()
	if math.Abs(d+0.04) > 1e-9 || math.Abs(low+0.0587) > 1e-4 || math.Abs(high+0.0212) > 1e-4 {
		t.Errorf("difference %.4f, from %.4f to %.4f", d, low, high)
	}
	if _, low, high := (&Paired{Both: 10}).Difference(); low >= 0 || high <= 0 {
		t.Errorf("ten images say no more than this: from %g to %g", low, high)
	}
}
