package draw

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/guptarohit/asciigraph"

	"resnet/internal/number"
)

// dashedLine is the training error's. It has no corners: where the two lines share columns, one's would be taken for the other's.
var dashedLine = asciigraph.CharSet{
	Horizontal: "╌", VerticalLine: "╎", ArcDownRight: "╌", ArcDownLeft: "╌", ArcUpRight: "╌", ArcUpLeft: "╌", StartCap: "╌", EndCap: "╌",
}

// asciiLines are the signs of a plot where a terminal has no others.
var asciiLines = strings.NewReplacer("─", "-", "│", "|", "╌", ".", "╎", ":", "╭", "+", "╮", "+", "╰", "+", "╯", "+", "╴", "-", "╶", "-", "┤", "|", "┼", "+", "└", "+", "┬", "+")

// Bounds of a plot in a terminal: the fewest columns that a curve has, the most lines between the ends of its axis, and the most
// epochs that are named.
const (
	plotColumns = 20
	plotLines   = 16
	plotEpochs  = 6
)

// Text draws the errors of a run as lines of text, in so many columns: dashed the training error, solid the test error, as in
// Figure. There are none of fewer than two epochs, which make no curve.
func (r Curve) Text(columns int, colours, unicode bool) []string {
	if len(r.Points) < 2 {
		return nil
	}
	train, test := r.percents()
	marks := ticks(slices.Concat(train, test))
	first, last := r.Points[0].Epoch, r.Points[len(r.Points)-1].Epoch
	lines := len(marks) - 1
	for _, n := range []int{5, 4, 2} { // of a step, so that what stands beside the axis is short
		if n*lines <= plotLines {
			lines *= n
			break
		}
	}
	widest, low, high := 0, marks[0], marks[len(marks)-1]
	for i := range lines + 1 {
		widest = max(widest, len(percentLabel(low+(high-low)*float64(i)/float64(lines))))
	}
	trainInk, testInk := asciigraph.Default, asciigraph.Default
	if colours {
		trainInk, testInk = asciigraph.Orange, asciigraph.Blue
	}
	const beside = 6 // columns: the axis and its spaces, half of the last epoch's number
	plot := asciigraph.PlotMany([][]float64{train, test},
		asciigraph.Width(max(columns-widest-beside, plotColumns)), asciigraph.Height(lines), asciigraph.LowerBound(low), asciigraph.UpperBound(high),
		asciigraph.SeriesChars(dashedLine), asciigraph.SeriesColors(trainInk, testInk), asciigraph.YAxisValueFormatter(percentLabel),
		asciigraph.XAxisRange(float64(first), float64(last)), asciigraph.XAxisTickCount(1+epochSteps(last-first)),
		asciigraph.XAxisValueFormatter(func(v float64) string { return strconv.Itoa(int(math.Round(v))) }),
	)
	end := asciigraph.Default
	plot = r.above(columns) + fmt.Sprintf("error by epoch: %s───%s test  %s╌╌╌%s training\n%s", testInk, end, trainInk, end, plot)
	if !colours {
		plot = strings.ReplaceAll(plot, end.String(), "")
	}
	if !unicode {
		plot = asciiLines.Replace(plot)
	}
	return strings.Split(plot, "\n")
}

// CurveFormats are those of curves, that of a terminal first.
func CurveFormats() []string { return append([]string{"text"}, PlotFormats()...) }

// Write draws the curves in one of CurveFormats.
func (of Curves) Write(w io.Writer, name string, s Style) error {
	if name != "text" {
		return of.Figure().Write(w, name, s.Theme)
	}
	_, err := io.WriteString(w, strings.Join(of.terminal(s), "\n")+"\n")
	return err
}

// terminal has the runs one below the other, each with its name.
func (of Curves) terminal(s Style) (lines []string) {
	for _, panel := range of.Panels {
		for _, run := range panel.Runs {
			plot := run.Text(cmp.Or(s.Width, 80), s.Color, s.Unicode)
			if plot == nil {
				plot = []string{run.Name + ": one epoch makes no curve"}
			}
			if lines != nil {
				lines = append(lines, "")
			}
			lines = append(lines, plot...)
		}
	}
	return lines
}

// plotHead is how many columns the words above a plot have.
const plotHead = 38

// above is the run's name before these words, or on a line of its own where both have no room on one.
func (r Curve) above(columns int) string {
	name := []rune(r.Name)
	switch {
	case len(name) == 0:
		return ""
	case len(name)+2+plotHead <= columns:
		return r.Name + ", "
	}
	return string(name[:min(len(name), max(columns, plotHead))]) + "\n"
}

// epochSteps is in how many parts so many epochs are shared out by those that are named. Few are whole epochs apart; of many, the
// nearest one to a mark is as near as a column can show.
func epochSteps(epochs int) int {
	for n := min(epochs, plotEpochs-1); n > 1; n-- {
		if epochs%n == 0 || epochs > 2*plotEpochs {
			return n
		}
	}
	return 1
}

// percentLabel stands beside the axis of errors.
func percentLabel(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) + " %" }

// percents are the errors of all epochs in percent, NaN for none.
func (r Curve) percents() (train, test []float64) {
	percent := func(share float64) float64 {
		if !number.Finite(share) {
			return math.NaN()
		}
		return 100 * share
	}
	for _, at := range r.Points {
		train, test = append(train, percent(at.Train)), append(test, percent(at.Test))
	}
	return train, test
}
