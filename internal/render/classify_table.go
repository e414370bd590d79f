package render

import (
	"fmt"
	"io"
	"strings"

	"resnet/internal/labels"
)

func init() { classifications.Register(DefaultFormat, newClassifyTable) }

// classifyTable shows one image with a bar a label, or several images with a line each. Errors are not in it: whoever
// reads a table reads stderr too.
type classifyTable struct {
	w       io.Writer
	head    ClassifyHead
	look    Look
	started bool
	columns layout // of several images
	dropped []string
}

func newClassifyTable(w io.Writer, head ClassifyHead, look Look) ClassifyWriter {
	return &classifyTable{w: w, head: head, look: look}
}

// Close says what the terminal was too narrow for.
func (t *classifyTable) Close() error {
	p := t.printer()
	p.leftOut(t.dropped)
	return t.flush(p)
}

func (t *classifyTable) printer() *printer {
	return &printer{look: t.look, pen: pen{color: t.look.Color}}
}

func (t *classifyTable) flush(p *printer) error {
	_, err := io.WriteString(t.w, p.out.String())
	return err
}

func (t *classifyTable) Result(c Classified) error {
	if c.Err != nil {
		return nil
	}
	p := t.printer()
	if t.head.Many {
		t.lines(p, c)
	} else {
		t.bars(p, c)
	}
	return t.flush(p)
}

// bars is the view of one image.
func (t *classifyTable) bars(p *printer, c Classified) {
	title := p.words([]string{c.File, fmt.Sprintf("%d×%d", c.Width, c.Height), t.head.Net})
	for _, words := range t.look.wrap(title, "   ", t.look.Width) {
		p.line(words)
	}
	p.line("")
	label := 0
	for _, p := range c.Predictions {
		label = max(label, width(t.look.words(p.Label)))
	}
	total := t.look.Width
	if total == 0 {
		total = max(84, label+40)
	}
	rank := len(fmt.Sprint(len(c.Predictions)))
	room := total - 2 - rank - 2 - 1 - 7
	label = min(label, max(leastLabel, room))
	bar := min(50, room-label-2)
	for i, prediction := range c.Predictions {
		words := cut(t.look.words(prediction.Label), label, t.look.ellipsis(), false)
		line := fmt.Sprintf("  %*d  %s", rank, i+1, pad(words, label))
		if bar >= 8 {
			line += "  " + t.bar(prediction.Probability, bar)
		}
		p.line(fmt.Sprintf("%s %7s", line, PercentOf(prediction.Probability)))
	}
	if c.Unsure {
		p.line("")
		p.line("  unsure: no label has " + PercentOf(t.head.Minimum))
	}
	if c.Unfamiliar {
		p.line("")
		words := []string{
			fmt.Sprintf("  unfamiliar: %.4f from the nearest photo that was learned from", *c.Distance),
			fmt.Sprintf("99 %% of those that were checked are within %.4f", t.head.Far),
		}
		for _, line := range t.look.wrap(p.words(words), "   ", t.look.Width) {
			p.line(line)
		}
	}
}

// Columns of a label in the table of several images, alone and with another beside it, and of a probability. Results are
// shown as they come: a label that is longer than was expected is cut where the terminal is narrow.
const (
	labelAlone   = 30
	labelBeside  = 22
	percentWidth = len("100.0 %")
)

// start settles the columns. What an image may be besides stands beside it, or else below it if it was asked for.
func (t *classifyTable) start(p *printer) {
	t.started = true
	name, next := max(t.head.NameWidth, len("file")), labelBeside+percentWidth
	against := width(Classified{Unsure: t.head.Minimum > 0, Unfamiliar: t.head.Familiar}.against())
	columns := []Column{
		{Head: "file", Least: leastName, Middle: true}, {Head: "label", Least: leastLabel + against}, {Head: "prob.", Right: true}, {Head: "next"},
	}
	switch t.head.Top {
	case 0:
		next *= 1000 // all: more than a terminal has room for
	case 1:
		columns[3].Least = labelBeside
	default:
		next *= t.head.Top - 1
	}
	var ok bool
	if t.columns, ok = p.try(specimen(columns, name, labelBeside+against, percentWidth, next)); !ok {
		alone := specimen(columns[:3], name, labelAlone+against, percentWidth)
		if t.columns, ok = p.try(alone); !ok { // words give way, and no number
			t.columns, _ = p.try(alone.narrowest())
		}
		if !t.asked() {
			t.dropped = []string{columns[3].Head}
		}
	}
	last := &t.columns.widths[len(t.columns.widths)-1]
	if *last += t.look.Width - t.columns.width(); t.look.Width == 0 {
		*last = 1 // as wide as it comes
	}
	p.parts([]string{t.head.Net}, nil)
	t.row(p, t.columns.head.cells...)
}

// specimen is a table whose columns are so wide.
func specimen(columns []Column, widths ...int) Table {
	t := Table{Columns: columns, Rows: []Row{{}}}
	for _, n := range widths {
		t.Rows[0].Cells = append(t.Rows[0].Cells, text(strings.Repeat("x", n)))
	}
	return t
}

// row writes a line, as wide as it comes where there is no limit.
func (t *classifyTable) row(p *printer, cells ...string) {
	if t.look.Width > 0 {
		cells = t.columns.cut(cells, t.look.ellipsis())
	}
	p.line(strings.TrimRight(t.columns.row(cells, strings.Repeat(" ", t.columns.gap)), " "))
}

// asked tells whether more than the first label of an image was asked for.
func (t *classifyTable) asked() bool { return t.head.Top != 1 }

// lines are one image of several.
func (t *classifyTable) lines(p *printer, c Classified) {
	if !t.started {
		t.start(p)
	}
	next := c.Predictions[1:]
	if !t.asked() && c.NextBest != nil {
		next = []labels.Prediction{*c.NextBest}
	}
	first := []string{t.look.words(c.File), t.first(c), PercentOf(c.Predictions[0].Probability)}
	if len(t.columns.widths) > len(first) {
		t.row(p, append(first, t.side(next))...)
		return
	}
	t.row(p, first...)
	for _, prediction := range next {
		if t.asked() {
			t.row(p, "", t.look.words(prediction.Label), PercentOf(prediction.Probability))
		}
	}
}

// first is the first label, which is cut before what speaks against it.
func (t *classifyTable) first(c Classified) string {
	label, against := t.look.words(c.Predictions[0].Label), t.look.words(c.against())
	if t.look.Width > 0 {
		label = cut(label, t.columns.widths[1]-width(against), t.look.ellipsis(), false)
	}
	return label + against
}

// side is what an image may be besides. The label of one is cut before its probability.
func (t *classifyTable) side(next []labels.Prediction) string {
	var words []string
	for _, p := range next {
		label, percent := t.look.words(p.Label), " "+PercentOf(p.Probability)
		if room := t.columns.widths[3] - width(percent); t.look.Width > 0 && len(next) == 1 {
			label = cut(label, room, t.look.ellipsis(), false)
		}
		words = append(words, label+percent)
	}
	return strings.Join(words, ", ")
}

// bar is n columns of which a share is filled, to an eighth of a column.
func (t *classifyTable) bar(share float64, n int) string {
	if !(share > 0) { // NaN too
		share = 0
	}
	share = min(share, 1)
	if !t.look.Unicode {
		return pad(strings.Repeat("#", int(share*float64(n)+0.5)), n)
	}
	eighths := int(share*float64(n)*8 + 0.5)
	bar := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	bar = pad(bar, n)
	if t.look.Color {
		return "\x1b[36m" + bar + "\x1b[0m"
	}
	return bar
}

// PercentOf is a part of 1 as people read it: 16.3 %.
func PercentOf(p float64) string { return fmt.Sprintf("%.1f %%", 100*p) }
