package draw

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// runOf is one of some epochs whose errors fall from a share on.
func runOf(name string, depth, epochs int, from float64) Curve {
	c := Curve{Name: name, Depth: depth}
	for i := range epochs {
		share := from / float64(1+i)
		c.Points = append(c.Points, CurvePoint{Epoch: i + 1, Train: share, Test: share + 0.02})
	}
	return c
}

// linesOf are the lines of a figure that have a hint.
func linesOf(f *Figure, hint string) (found []*line) {
	for _, s := range f.shapes {
		if l, ok := s.(*line); ok && l.hint == hint {
			found = append(found, l)
		}
	}
	return found
}

func curvesOf(epochs int) Curves {
	stepped := func(c Curve) Curve {
		for i := range c.Points {
			c.Points[i].Rate = []float64{0.1, 0.1, 0.1, 0.01, 0.01, 0.001}[min(i, 5)]
		}
		return c
	}
	return Curves{
		Title: []string{"Plain and residual networks", "CIFAR-10"},
		Panels: []CurvePanel{
			{"plain", []Curve{stepped(runOf("Plain-20", 20, epochs, 0.5)), stepped(runOf(longName, 56, epochs, 0.7))}},
			{"residual", []Curve{runOf("ResNet-20", 20, epochs, 0.4), runOf("ResNet-56", 56, epochs, 0.6)}},
		},
		Notes: []string{"6 epochs; the paper about 164"},
	}
}

const longName = "Plain-56 with a name that is longer than the panel is wide"

// TestCurvesLayout: nothing overlaps or is cut, with no epoch and with many, in one panel and in two.
func TestCurvesLayout(t *testing.T) {
	for _, epochs := range []int{0, 1, 2, 6, 164, 1000} {
		c := curvesOf(epochs)
		for _, problem := range c.Figure().problems() {
			t.Errorf("%d epochs: %s", epochs, problem)
		}
		c.Panels = c.Panels[:1]
		for _, problem := range c.Figure().problems() {
			t.Errorf("%d epochs, one panel: %s", epochs, problem)
		}
	}
}

// TestCurves: both panels have the axis of all values, training is dashed, the deeper network bolder, and an epoch without a
// number parts its curve.
func TestCurves(t *testing.T) {
	c := curvesOf(6)
	c.Panels[0].Runs[0].Points[2].Test = math.NaN()
	f := c.Figure()
	lines := func(hint string) []*line { return linesOf(f, hint) }
	if got := lines("Plain-20, test error"); len(got) != 2 || len(got[0].points) != 2 || len(got[1].points) != 3 || got[0].dash != nil {
		t.Errorf("the test error with a gap is %d lines", len(got))
	}
	thin, bold := lines("ResNet-20, training error"), lines("ResNet-56, training error")
	if len(thin) != 1 || len(bold) != 1 || thin[0].dash == nil || bold[0].width <= thin[0].width || bold[0].ink == thin[0].ink {
		t.Errorf("training errors: %v and %v", thin, bold)
	}
	// plain-56 starts at 70 %, ResNet-20 ends at 1/6 of 40 %: on one axis a share is at one height.
	plain, residual := lines(longName + ", training error")[0], thin[0]
	perShare := (plain.points[1].y - plain.points[0].y) / (0.7 - 0.35)
	if other := (residual.points[1].y - residual.points[0].y) / (0.4 - 0.2); math.Abs(other-perShare) > 1e-9 {
		t.Errorf("a share is %v high in one panel, %v in the other", perShare, other)
	}
	if got := lines("the learning rate drops"); len(got) != 2 {
		t.Errorf("%d drops are marked, want the 2 of the plain networks", len(got))
	}
	var svg bytes.Buffer
	if err := c.Figure().Write(&svg, "svg", Light); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"6 epochs; the paper about 164", "ResNet-56 · test 12.00 % · training 10.00 %", ">epoch<"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
}

// TestCurvesOfOneEpoch: its test error and that in training are told apart, as the key shows.
func TestCurvesOfOneEpoch(t *testing.T) {
	f := Curves{Title: []string{"one"}, Panels: []CurvePanel{{"residual", []Curve{runOf("ResNet-20", 20, 1, 0.4)}}}}.Figure()
	var dots []*mark
	for _, s := range f.shapes {
		if m, ok := s.(*mark); ok {
			dots = append(dots, m)
		}
	}
	if len(dots) != 4 {
		t.Fatalf("%d dots, want 2 in the key and 2 of the epoch", len(dots))
	}
	test, training := dots[0], dots[1]
	for _, at := range dots[2:] {
		want := map[string]*mark{"ResNet-20, test error": test, "ResNet-20, training error": training}[at.hint]
		if want == nil || at.fill != want.fill || test.fill == training.fill {
			t.Errorf("%q is filled with %v", at.hint, at.fill)
		}
	}
}

// TestCurvesApart: the words beside an axis stand clear of the panel before them.
func TestCurvesApart(t *testing.T) {
	c := curvesOf(6)
	c.Panels[0].Runs[0].Points[0].Train = 0.95 // so that the axis ends at 100 %
	f := c.Figure()
	end := 0.0 // of the first panel
	for _, l := range linesOf(f, "") {
		if l.points[0].x < curvesWide/2 {
			end = max(end, l.points[len(l.points)-1].x)
		}
	}
	beside := 0
	for _, s := range f.shapes {
		if l, ok := s.(*label); ok && strings.HasSuffix(l.text, "0 %") && l.x > curvesWide {
			if beside++; l.x < end+padding {
				t.Errorf("%q begins at %.1f, the panel before it ends at %.1f", l.text, l.x, end)
			}
		}
	}
	if beside < 2 {
		t.Errorf("%d numbers beside the second panel", beside)
	}
}

func TestDrops(t *testing.T) {
	for _, test := range []struct {
		rates []float64
		want  []int
	}{
		{[]float64{0.1, 0.1, 0.1, 0.01, 0.01, 0.001}, []int{3, 5}},
		{[]float64{0.1, 0.09, 0.07, 0.06, 0.04}, nil}, // along a cosine
		{[]float64{0.01, 0.1, 0.1}, nil},              // warm-up
		{[]float64{0.1, 0}, nil},
		{nil, nil},
	} {
		c := runOf("", 20, len(test.rates), 1)
		for i, rate := range test.rates {
			c.Points[i].Rate = rate
		}
		if got := c.drops(); !slices.Equal(got, test.want) {
			t.Errorf("%v: drops after %v, want %v", test.rates, got, test.want)
		}
	}
}
