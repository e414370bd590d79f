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
	name    int // columns of a file's name, so far
}

func newClassifyTable(w io.Writer, head ClassifyHead, look Look) ClassifyWriter {
	return &classifyTable{w: w, head: head, look: look, name: max(head.NameWidth, len("file"))}
}

func (t *classifyTable) Close() error { return nil }

func (t *classifyTable) Result(c Classified) error {
	if c.Err != nil {
		return nil
	}
	if t.head.Many {
		return t.line(c)
	}
	return t.bars(c)
}

// bars is the view of one image.
func (t *classifyTable) bars(c Classified) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s   %s\n\n", t.look.words(c.File), t.look.words(fmt.Sprintf("%d×%d", c.Width, c.Height)), t.look.words(t.head.Net))
	label := 0
	for _, p := range c.Predictions {
		label = max(label, width(p.Label))
	}
	total := t.look.Width
	if total == 0 {
		total = 84
	}
	rank := len(fmt.Sprint(len(c.Predictions)))
	bar := max(0, min(50, total-2-rank-2-label-2-1-7))
	for i, p := range c.Predictions {
		fmt.Fprintf(&b, "  %*d  %s", rank, i+1, pad(t.look.words(p.Label), label))
		if bar >= 8 {
			fmt.Fprintf(&b, "  %s", t.bar(p.Probability, bar))
		}
		fmt.Fprintf(&b, " %7s\n", percentOf(p.Probability))
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

// line is one image of several.
func (t *classifyTable) line(c Classified) error {
	const label = 22
	var b strings.Builder
	if !t.started {
		t.started = true
		fmt.Fprintf(&b, "%s\n", t.look.words(t.head.Net))
		fmt.Fprintf(&b, "%s  %s  %7s   next\n", pad("file", t.name), pad("label", label), "prob.")
	}
	name := t.look.words(c.File)
	t.name = max(t.name, width(name))
	first := c.Predictions[0]
	rest := c.Predictions[1:]
	if len(rest) == 0 && c.NextBest != nil {
		rest = []labels.Prediction{*c.NextBest}
	}
	var next []string
	for _, p := range rest {
		next = append(next, t.look.words(p.Label)+" "+percentOf(p.Probability))
	}
	line := fmt.Sprintf("%s  %s  %7s   %s", pad(name, t.name), pad(t.look.words(first.Label), label),
		percentOf(first.Probability), strings.Join(next, ", "))
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	_, err := io.WriteString(t.w, b.String())
	return err
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

func percentOf(p float64) string { return fmt.Sprintf("%.1f %%", 100*p) }
