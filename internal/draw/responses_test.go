package draw

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
)

func responsesOf(nets, layers int) Responses {
	r := Responses{Title: []string{"Responses of the layers", "photo.jpg"}, Caution: "random weights"}
	for i := range nets {
		n := LayerResponses{Name: fmt.Sprintf("Net-%d", i), Depth: 20 + 36*i, Plain: i%2 == 0}
		for j := range layers * (i + 1) {
			n.Std = append(n.Std, 1/float64(j+1+i))
		}
		r.Nets = append(r.Nets, n)
	}
	return r
}

// TestResponsesLayout: nothing overlaps or is cut.
func TestResponsesLayout(t *testing.T) {
	for _, test := range [][2]int{{2, 0}, {2, 1}, {4, 19}, {12, 50}} {
		for _, problem := range responsesOf(test[0], test[1]).Figure().problems() {
			t.Errorf("%d networks of %d layers: %s", test[0], test[1], problem)
		}
	}
}

// TestResponses: plain networks are dashed, the deeper bolder; the second panel falls; a value that is no number parts a line and
// is left out where they are sorted.
func TestResponses(t *testing.T) {
	r := responsesOf(2, 6)
	r.Nets[1].Std[3] = math.NaN()
	f := r.Figure()
	lines := func(hint string) []*line { return linesOf(f, hint) }
	plain, residual := lines("Net-0"), lines("Net-1")
	if len(plain) != 2 || len(residual) != 3 || plain[0].dash == nil || residual[0].dash != nil || residual[0].width <= plain[0].width {
		t.Fatalf("%d lines of the plain network, %d of the residual one", len(plain), len(residual))
	}
	if sorted := residual[2].points; len(sorted) != 11 || sorted[0].y > sorted[10].y {
		t.Errorf("sorted: %v", sorted)
	}
	var svg bytes.Buffer
	if err := r.Figure().Write(&svg, "svg", Light); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"random weights", "Net-1 · 12 layers, mean", "In the order of the layers"} {
		if !strings.Contains(svg.String(), want) {
			t.Errorf("the figure does not say %q", want)
		}
	}
}
