package render

import "io"

func init() { classifications.Register("ndjson", newClassifyNDJSON) }

// classifyNDJSON is a result a line.
type classifyNDJSON struct{ w io.Writer }

func newClassifyNDJSON(w io.Writer, _ ClassifyHead, _ Look) ClassifyWriter {
	return classifyNDJSON{w}
}

func (n classifyNDJSON) Result(c Classified) error {
	line, err := classifiedJSON(c)
	if err != nil {
		return err
	}
	_, err = n.w.Write(append(line, '\n'))
	return err
}

func (classifyNDJSON) Close() error { return nil }
