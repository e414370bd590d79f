package render

import (
	"io"
	"strconv"
)

func init() { classifications.Register("csv", newClassifyCSV) }

// classifyCSV is a line a prediction; an image that failed has one line with its error.
type classifyCSV struct {
	w       *CSV
	head    ClassifyHead
	started bool
}

func newClassifyCSV(w io.Writer, head ClassifyHead, look Look) ClassifyWriter {
	return &classifyCSV{w: NewCSV(w, look), head: head}
}

func (c *classifyCSV) Result(r Classified) error {
	c.start()
	if r.Err != nil {
		c.write(r, r.File, "", "", "", "", r.Err.Class+": "+r.Err.Message)
	}
	for rank, p := range r.Predictions {
		c.write(r, r.File, strconv.Itoa(rank+1), strconv.Itoa(p.Index), p.Label, strconv.FormatFloat(p.Probability, 'g', 9, 64), "")
	}
	return c.w.Flush()
}

func (c *classifyCSV) write(r Classified, cells ...string) {
	if c.head.Minimum > 0 {
		cells = append(cells, map[bool]string{true: unsureWord}[r.Unsure])
	}
	if c.head.Familiar {
		cells = append(cells, map[bool]string{true: unfamiliarWord}[r.Unfamiliar])
	}
	c.w.Write(cells)
}

func (c *classifyCSV) start() {
	if !c.started {
		c.started = true
		head := []string{"file", "rank", "index", "label", "probability", "error"}
		if c.head.Minimum > 0 {
			head = append(head, unsureWord)
		}
		if c.head.Familiar {
			head = append(head, unfamiliarWord)
		}
		c.w.Write(head)
	}
}

func (c *classifyCSV) Close() error {
	c.start()
	return c.w.Flush()
}
