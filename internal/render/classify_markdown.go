package render

import (
	"fmt"
	"io"
	"strings"
)

func init() { classifications.Register("markdown", newClassifyMarkdown) }

// classifyMarkdown is a table of labels for one image, of images for several.
type classifyMarkdown struct {
	w       io.Writer
	head    ClassifyHead
	look    Look
	started bool
}

func newClassifyMarkdown(w io.Writer, head ClassifyHead, look Look) ClassifyWriter {
	return &classifyMarkdown{w: w, head: head, look: look}
}

func (m *classifyMarkdown) Result(r Classified) error {
	var b strings.Builder
	if !m.started {
		m.started = true
		fmt.Fprintf(&b, "%s\n\n| file | rank | label | probability |\n| :--- | ---: | :--- | ---: |\n", m.head.Net)
	}
	file := escapeMarkdown(m.look.words(r.File))
	if r.Err != nil {
		fmt.Fprintf(&b, "| %s | | %s | |\n", file, escapeMarkdown(r.Err.Message))
	}
	for rank, p := range r.Predictions {
		if rank == 0 {
			p.Label += r.against()
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s |\n", file, rank+1, escapeMarkdown(p.Label), PercentOf(p.Probability))
	}
	_, err := io.WriteString(m.w, b.String())
	return err
}

func (m *classifyMarkdown) Close() error { return nil }
