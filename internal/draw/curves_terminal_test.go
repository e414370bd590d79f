package draw

import (
	"math"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
)

// TestCurveText: the plot fits into its columns, names its ends, and tells test from training without colours.
func TestCurveText(t *testing.T) {
	for _, columns := range []int{40, 60, 80, 200} {
		for _, epochs := range []int{2, 6, 164, 1000} {
			lines := runOf("", 20, epochs, 0.674).Text(columns, false, true)
			for _, line := range lines {
				if runewidth.StringWidth(line) > columns {
					t.Errorf("%d epochs in %d columns: %q", epochs, columns, line)
				}
			}
			text := strings.Join(lines, "\n")
			if len(lines) > plotLines+4 || !strings.Contains(text, "\n   0 % ┤") && !strings.Contains(text, "\n  0 % ┤") || !strings.Contains(text, "╌╌") {
				t.Errorf("%d epochs:\n%s", epochs, text)
			}
		}
	}
	for columns, want := range map[int]string{80: "resnet20_cifar, error by epoch: ", 40: "resnet20_cifar\nerror by epoch: "} {
		if text := strings.Join(runOf("resnet20_cifar", 20, 6, 0.674).Text(columns, false, true), "\n"); !strings.HasPrefix(text, want) {
			t.Errorf("%d columns: want %q before\n%s", columns, want, text)
		}
	}
	for _, line := range runOf(strings.Repeat("n", 300), 20, 6, 0.674).Text(60, false, true) {
		if runewidth.StringWidth(line) > 60 {
			t.Errorf("a long name: %q", line)
		}
	}
	run := runOf("", 20, 6, 0.674)
	if text := strings.Join(run.Text(80, true, true), "\n"); !strings.Contains(text, "\x1b[") || strings.Count(text, "\x1b[0m") == 0 {
		t.Errorf("no colours: %q", text)
	}
	for _, line := range run.Text(80, false, false) {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("not ASCII: %q", line)
		}
	}
	for epochs, want := range map[int]string{6: "1 2 3 4 5 6", 8: "1 8", 9: "1 3 5 7 9", 164: "1 34 66 99 131 164"} { // whole epochs, where they are
		lines := runOf("", 20, epochs, 0.674).Text(60, false, true)
		if got := strings.Join(strings.Fields(lines[len(lines)-1]), " "); got != want {
			t.Errorf("%d epochs: named are %s, want %s", epochs, got, want)
		}
	}
}

// TestCurveTextOdd: what a table of epochs may hold is drawn, or left out.
func TestCurveTextOdd(t *testing.T) {
	if lines := runOf("", 20, 1, 0.5).Text(80, false, true); lines != nil {
		t.Errorf("one epoch: %q", lines)
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, shares := range [][]float64{{nan, nan}, {0.5, nan, 0.4}, {inf, 0.5}, {0, 0}, {1e300, 0}, {-1e300, 1e300}, {-3, 1e-300}} {
		var run Curve
		for i, v := range shares {
			run.Points = append(run.Points, CurvePoint{Epoch: i + 1, Train: v, Test: v})
		}
		for _, line := range run.Text(0, false, true) {
			if runewidth.StringWidth(line) > 60 {
				t.Errorf("%v: %q", shares, line)
			}
		}
	}
}

// TestCurveTextCorners: the solid line has all of its corners, and the dashed one beside it has none that could be taken for them.
func TestCurveTextCorners(t *testing.T) {
	var both, alone Curve
	for i, v := range []float64{0.63, 0.52, 0.41, 0.44, 0.33, 0.31} {
		both.Points = append(both.Points, CurvePoint{Epoch: i + 1, Train: v + 0.02, Test: v})
		alone.Points = append(alone.Points, CurvePoint{Epoch: i + 1, Train: math.NaN(), Test: v})
	}
	corners := func(c Curve) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune("╭╮╰╯\n", r) {
				return r
			}
			return -1
		}, strings.Join(c.Text(80, false, true), "\n"))
	}
	if got, want := corners(both), corners(alone); got != want {
		t.Errorf("corners %q, want %q:\n%s", got, want, strings.Join(both.Text(80, false, true), "\n"))
	}
}
