package learn

import (
	"fmt"
	"slices"
	"testing"

	"resnet/internal/nets"
)

// A share of each class is kept back, by the seed alone, and two photos are always left.
func TestSplit(t *testing.T) {
	names := func(photos []Photo) (names []string) {
		for _, p := range photos {
			names = append(names, p.Name)
		}
		return names
	}
	split := func(seed uint64) *Sets {
		s := &Sets{Classes: []string{"few", "many"}}
		for class, n := range []int{2, 10} {
			for i := range n {
				s.Train = append(s.Train, Photo{&nets.Image{Name: fmt.Sprintf("%s%d", s.Classes[class], i)}, class})
			}
		}
		s.split(0.2, seed)
		return s
	}
	one := split(1)
	if len(one.Valid) != 2 || len(one.Train) != 10 || one.Valid[0].Class != 1 || one.Train[1].Class != 0 {
		t.Errorf("learned %v, checked %v", names(one.Train), names(one.Valid))
	}
	if !slices.Equal(names(split(1).Valid), names(one.Valid)) {
		t.Error("one seed keeps back other photos")
	}
	differs := false
	for seed := range uint64(10) {
		differs = differs || !slices.Equal(names(split(seed).Valid), names(one.Valid))
	}
	if !differs {
		t.Error("the seed has no say")
	}
}
