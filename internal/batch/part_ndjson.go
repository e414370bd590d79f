package batch

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"resnet/internal/labels"
	"resnet/internal/render"
)

func init() {
	parts.Register("ndjson", partFormat{
		func(w io.Writer, command string) (writer, error) { return newNDJSON(w, command) },
		func(r io.ReaderAt, size int64, _ string) (reader, error) {
			return readNDJSON(io.NewSectionReader(r, 0, size)), nil
		},
	})
	parts.Register("ndjson.gz", partFormat{newGzip, readGzip})
}

// ndjson is the rows of `classify --format ndjson`, or the results of features as JSON has them, a line each.
type ndjson struct {
	w       io.Writer
	command string
	labels  render.ClassifyWriter
}

func newNDJSON(w io.Writer, command string) (*ndjson, error) {
	n := &ndjson{w: w, command: command}
	if command != Classify {
		return n, nil
	}
	var err error
	n.labels, err = render.NewClassifyWriter(w, "ndjson", render.ClassifyHead{}, render.Look{})
	return n, err
}

func (n *ndjson) write(r *Result) error {
	if n.labels != nil {
		return n.labels.Result(render.Classified{
			File: r.File, Predictions: r.Predictions, Distance: r.Distance, Unfamiliar: r.Unfamiliar, Err: r.Err,
		})
	}
	return render.WriteFeaturesLine(n.w, render.FeaturesOf{File: r.File, Vector: r.Vector, Err: r.Err})
}

func (n *ndjson) close() error { return nil }

// gzipped is ndjson through gzip.
type gzipped struct {
	*ndjson
	zip *gzip.Writer
}

func newGzip(w io.Writer, command string) (writer, error) {
	zip := gzip.NewWriter(w)
	n, err := newNDJSON(zip, command)
	return &gzipped{n, zip}, err
}

func (g *gzipped) close() error { return g.zip.Close() }

func readGzip(r io.ReaderAt, size int64, _ string) (reader, error) {
	zip, err := gzip.NewReader(bufio.NewReader(io.NewSectionReader(r, 0, size)))
	if err != nil {
		return nil, err
	}
	return readNDJSON(zip), nil
}

// jsonRows reads what ndjson has written.
type jsonRows struct{ s *bufio.Scanner }

// mostResult bounds a line: all labels of a network of 21,000 classes, or a vector, take a few megabytes.
const mostResult = 64 << 20

func readNDJSON(r io.Reader) reader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), mostResult)
	s.Split(wholeLines)
	return &jsonRows{s}
}

func (j *jsonRows) next() (*Result, error) {
	if !j.s.Scan() {
		if err := j.s.Err(); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	var row struct {
		File        string
		Predictions []struct {
			Index              int
			Label              string
			Probability, Logit *float64
		}
		Distance   *float64
		Unfamiliar bool
		Features   []*float32
		Error      *render.ImageError
	}
	if err := json.Unmarshal(j.s.Bytes(), &row); err != nil {
		return nil, fmt.Errorf("is no result: %w", err)
	}
	r := &Result{File: row.File, Distance: row.Distance, Unfamiliar: row.Unfamiliar, Err: row.Error}
	for _, p := range row.Predictions {
		r.Predictions = append(r.Predictions, labels.Prediction{
			Index: p.Index, Label: p.Label, Probability: orNaN(p.Probability), Logit: float32(orNaN(p.Logit)),
		})
	}
	for _, v := range row.Features {
		r.Vector = append(r.Vector, orNaN(v))
	}
	return r, nil
}

// orNaN is a number that JSON may have no word for.
func orNaN[T float32 | float64](v *T) T {
	if v == nil {
		return T(math.NaN())
	}
	return *v
}
