package render

import (
	"io"
	"strconv"
)

func init() { classifications.Register("csv", newClassifyCSV) }

// classifyCSV is a line a prediction; an image that failed has one line with its error.
type classifyCSV struct {
	w       *CSV
	started bool
}

func newClassifyCSV(w io.Writer, _ ClassifyHead, look Look) ClassifyWriter {
	return &classifyCSV{w: NewCSV(w, look)}
}

func (c *classifyCSV) Result(r Classified) error {
	c.start()
	if r.Err != nil {
		c.w.Write([]string{r.File, "", "", "", "", r.Err.Class + ": " + r.Err.Message})
	}
	for rank, p := range r.Predictions {
		c.w.Write([]string{
			r.File, strconv.Itoa(rank + 1), strconv.Itoa(p.Index), p.Label, strconv.FormatFloat(p.Probability, 'g', 9, 64), "",
		})
	}
	return c.w.Flush()
}

func (c *classifyCSV) start() {
	if !c.started {
		c.started = true
		c.w.Write([]string{"file", "rank", "index", "label", "probability", "error"})
	}
}

func (c *classifyCSV) Close() error {
	c.start()
	return c.w.Flush()
}
