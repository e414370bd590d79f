package render

import "testing"

// TestCaution: only a trained network on a picture has curves that mean something.
func TestCaution(t *testing.T) {
	for _, test := range []struct {
		head Head
		want string
	}{
		{Head{Weights: "random weights, seed 0", Source: "photo.jpg"}, "random weights: the shapes of these curves mean nothing"},
		{Head{Weights: "r18.pth", Source: "noise"}, "the input is noise: the shapes of these curves mean nothing"},
		{Head{Weights: "r18.pth", Source: "photo.jpg"}, ""},
	} {
		if got := test.head.Caution(); got != test.want {
			t.Errorf("%q on %q: %q, want %q", test.head.Weights, test.head.Source, got, test.want)
		}
	}
}
