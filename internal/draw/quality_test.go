package draw

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// confusionOf is a matrix of some classes, one of whose names is long.
func confusionOf(n, most int) Confusion {
	c := Confusion{Of: n}
	for i := range n {
		c.Classes = append(c.Classes, fmt.Sprintf("class <%d>", i))
		row := make([]int, n)
		row[i] = most
		row[(i+1)%n] += most / 3
		c.Counts = append(c.Counts, row)
	}
	c.Classes[0] = strings.Repeat("a long name ", 9)
	return c
}

func written(t *testing.T, f *Figure) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.WriteSVG(&b, Auto); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestConfusion: nothing overlaps or is cut, from two classes to as many as there is room for, and a cell says what it counts.
func TestConfusion(t *testing.T) {
	for _, n := range []int{2, 3, 10, 25, MostConfused} {
		for _, most := range []int{0, 3, 50000} {
			for _, problem := range confusionOf(n, most).Figure().problems() {
				t.Errorf("%d classes of %d: %s", n, most, problem)
			}
		}
	}
	c := confusionOf(3, 9)
	c.Of = 1000
	svg := written(t, c.Figure())
	for _, want := range []string{
		"<title>class &lt;1&gt;: 9 right</title>", "<title>class &lt;2&gt; taken for a long name", ">3</text>", "The 3 classes with the most confusions, of 1,000.",
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q", want)
		}
	}
}

// TestReliability: empty ranges have no bar, and where all is right or wrong nothing is cut.
func TestReliability(t *testing.T) {
	bins := func(right func(n int) int) (bins []ReliabilityBin) {
		for i := range 15 {
			bins = append(bins, ReliabilityBin{Photos: 4 * i, Right: right(4 * i), Confidence: (float64(i) + 0.5) / 15, Low: 0, High: 1})
		}
		return bins
	}
	for name, right := range map[string]func(int) int{
		"all": func(n int) int { return n }, "none": func(int) int { return 0 }, "half": func(n int) int { return n / 2 },
	} {
		f := Reliability{bins(right), 0.1234}.Figure()
		for _, problem := range f.problems() {
			t.Errorf("%s are right: %s", name, problem)
		}
	}
	svg := written(t, Reliability{bins(func(n int) int { return n / 2 }), 0.1234}.Figure())
	for _, want := range []string{"<title>probability 0.93 to 1.00: 28 of 56 photos right, mean probability 0.97</title>", "Expected calibration error 0.123", "at most 56"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(svg, "probability 0.00 to 0.07") {
		t.Error("a range without a photo has a bar")
	}
}

// TestScatter: nothing is cut, whatever the points, and each says what it is.
func TestScatter(t *testing.T) {
	for _, classes := range []int{1, 6, MostColours} {
		s := Scatter{Note: strings.Repeat("a long note ", 30)}
		for i := range classes {
			s.Classes = append(s.Classes, fmt.Sprintf("class <%d> %s", i, strings.Repeat("x", 9*i)))
		}
		for i := range 40 {
			s.Points = append(s.Points, ScatterPoint{X: float64(i * i), Y: -float64(i), Class: i%(classes+1) - 1, Hint: fmt.Sprintf("<%d>", i), Line: i})
		}
		for _, problem := range s.Figure().problems() {
			t.Errorf("%d classes: %s", classes, problem)
		}
		svg := written(t, s.Figure())
		if !strings.Contains(svg, ` data-line="39"><title>&lt;39&gt;</title></circle>`) || strings.Contains(svg, `data-line="0"`) || !strings.Contains(svg, "other classes (") {
			t.Errorf("%d classes: a point does not say what it is", classes)
		}
		s.Points = s.Points[:1]
		for _, problem := range s.Figure().problems() {
			t.Errorf("one point: %s", problem)
		}
	}
}
