package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"resnet/internal/draw"
	"resnet/internal/printable"
	"resnet/internal/train"
)

// trainPlot draws the errors of a run in the terminal: below the rows of epochs while it goes on, where the next one takes its place,
// and on stdout once it is done.
type trainPlot struct {
	t     *training
	lines int // that stand above the cursor
}

// show draws the epochs so far, for people alone, where rows and plot share a terminal that has the room to take it away again.
func (p *trainPlot) show() {
	f := p.t.f
	if !p.t.plots || !f.showProgress() || !f.outTerminal || f.getenv("TERM") == "dumb" {
		return
	}
	lines, err := p.text(f.columns)
	if err != nil || len(lines)+2 > f.rows { // the bar below, and the row of the next epoch
		return // write tells of an error
	}
	for _, line := range lines {
		fmt.Fprintln(f.bars(), line)
	}
	p.lines = len(lines)
}

// clear takes the plot away before something else is written.
func (p *trainPlot) clear() {
	if p.lines > 0 {
		fmt.Fprintf(p.t.f.bars(), "\x1b[%dA\r\x1b[J", p.lines) // lines up, and all below
		p.lines = 0
	}
}

// write draws the whole run on stdout.
func (p *trainPlot) write() error {
	if !p.t.plots {
		return nil
	}
	lines, err := p.text(cmp.Or(p.t.f.look("", "text").Width, 80))
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		p.t.f.warnf("--plot: one epoch makes no curve")
		return nil
	}
	fmt.Fprintln(p.t.f.Out, strings.Join(lines, "\n")) // a training outlives who reads its epochs
	return nil
}

// text are the lines of a plot of the epochs that are kept.
func (p *trainPlot) text(columns int) ([]string, error) {
	epochs, err := train.ReadMetrics(filepath.Join(p.t.f.path(p.t.config.dir), train.MetricsFile))
	if err != nil {
		return nil, err
	}
	look := p.t.f.look("", "text")
	curve := draw.Curve{Points: curvePoints(epochs)}
	if p.t.many {
		curve.Name = printable.Name(p.t.name())
	}
	return curve.Text(columns, look.Color, look.Unicode), nil
}
