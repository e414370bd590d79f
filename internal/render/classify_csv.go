package render

import (
	"io"
	"strconv"
)

func init() { classifications.Register("csv", newClassifyCSV) }

// classifyCSV is a line a prediction; an image that failed has one line with its error.
type classifyCSV struct {
	w       *CSV
	unsure  bool // has a column, where a least probability was asked for
	started bool
}

func newClassifyCSV(w io.Writer, head ClassifyHead, look Look) ClassifyWriter {
	return &classifyCSV{w: NewCSV(w, look), unsure: head.Minimum > 0}
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
	if c.unsure {
		cells = append(cells, map[bool]string{true: "unsure"}[r.Unsure])
	}
	c.w.Write(cells)
}

func (c *classifyCSV) start() {
	if !c.started {
		c.started = true
		head := []string{"file", "rank", "index", "label", "probability", "error"}
		if c.unsure {
			head = append(head, "unsure")
		}
		c.w.Write(head)
	}
}

func (c *classifyCSV) Close() error {
	c.start()
	return c.w.Flush()
}
