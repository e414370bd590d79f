package vectors

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	nan := float32(math.NaN())
	rows := []struct {
		name string
		row  []float32
	}{
		{"right", []float32{2, 0}}, {"nothing", []float32{0, 0}}, {"up", []float32{0, 5}}, {"left", []float32{-1, 0}},
		{"between", []float32{1, 1}}, {"nan", []float32{nan, 1}}, {"right too", []float32{7, 0}}, {"huge", []float32{math.MaxFloat32, 0}},
	}
	for k, want := range map[int][]string{
		0: {"right", "right too", "huge", "between", "up", "left", "nothing", "nan"},
		2: {"right", "right too"},
		9: {"right", "right too", "huge", "between", "up", "left", "nothing", "nan"},
	} {
		s := NewSearch([]Query{{"/itself", []float32{3, 0}}, {"", []float32{0, 0}}}, k)
		s.Add("itself", "/itself", []float32{3, 0})
		for _, r := range rows {
			s.Add(r.name, "", r.row)
		}
		var names []string
		for _, n := range s.Nearest(0) {
			names = append(names, n.Name)
		}
		if !slices.Equal(names, want) || s.Rows() != 1+len(rows) {
			t.Errorf("k = %d: %q of %d, want %q", k, names, s.Rows(), want)
		}
		if k == 0 {
			near := s.Nearest(0)
			if d := near[3].Distance; math.Abs(d-(1-math.Sqrt2/2)) > 1e-12 || near[4].Distance != 1 || near[5].Distance != 2 || !math.IsNaN(near[6].Distance) {
				t.Errorf("distances %v", near)
			}
		}
		if n := s.Nearest(1); !math.IsNaN(n[0].Distance) {
			t.Errorf("of nothing: %v", n)
		}
	}
}

func TestKnown(t *testing.T) {
	k := &Known{}
	if d := k.Distance([]float32{1, 0}); !math.IsNaN(d) {
		t.Errorf("from nothing: %v", d)
	}
	for _, row := range [][]float32{{0, 0}, {2, 0}, {0, 3}} {
		k.Add(row)
	}
	for _, test := range []struct {
		v    []float32
		want float64
	}{
		{[]float32{5, 0}, 0}, {[]float32{0, 1}, 0}, {[]float32{1, 1}, 1 - math.Sqrt2/2}, {[]float32{-1, -1}, 1 + math.Sqrt2/2},
	} {
		if d := k.Distance(test.v); math.Abs(d-test.want) > 1e-12 {
			t.Errorf("%v: %v, want %v", test.v, d, test.want)
		}
	}
	for _, none := range [][]float32{{0, 0}, {float32(math.NaN()), 1}} {
		if d := k.Distance(none); !math.IsNaN(d) {
			t.Errorf("%v: %v, want NaN", none, d)
		}
	}
}

func TestQuantile(t *testing.T) {
	var hundred []float64
	for i := range 100 {
		hundred = append(hundred, float64(100-i))
	}
	for _, test := range []struct {
		of   []float64
		want float64
	}{{hundred, 99}, {hundred[:10], 100}, {[]float64{math.NaN(), 3, 2}, 3}} {
		if got := Quantile(test.of, 0.99); got != test.want {
			t.Errorf("of %d: %v, want %v", len(test.of), got, test.want)
		}
	}
	if got := Quantile([]float64{math.NaN()}, 0.99); !math.IsNaN(got) {
		t.Errorf("of none: %v", got)
	}
}

// TestRefused: a file that is no file of vectors says so, and one that is damaged where.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "no file of vectors",
		"name,a\nx,1\n":                          "no file of vectors",
		"file,f0\na,1\nb,x\n":                    `line 3: "x" is no number`,
		"file,f0\na,1\nb\n":                      "wrong number of fields",
		"file,f0\n" + strings.Repeat("a", 5<<20): "a line of more than",
		"\x93NUMPY":                              "no .npy file",
		"\x02\x00\x00\x00\x00\x00\x00\x00{}":     "not as resnet features writes it",
	} {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err == nil {
			err = f.Rows(t.Context(), func(string, []float32) error { return nil })
			f.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}
