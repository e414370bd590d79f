package batch

import (
	"io"

	"resnet/internal/format"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/render"
)

// Result is what became of an image: labels, a vector, or an error.
type Result struct {
	File        string // in UTF-8
	Predictions []labels.Prediction
	Vector      []float32
	Distance    *float64 // from the nearest photo that a fitted network has learned from; nil: nothing is known of them
	Unfamiliar  bool     // it is further than such photos are
	Err         *render.ImageError
}

// finite tells whether all numbers of a result are some.
func (r *Result) finite() bool {
	for _, p := range r.Predictions {
		if !number.Finite(p.Probability) {
			return false
		}
	}
	return nets.AllFinite(r.Vector)
}

// writer writes results one after the other.
type writer interface {
	write(*Result) error
	close() error
}

// reader gives results one after the other, then io.EOF.
type reader interface{ next() (*Result, error) }

// partFormat writes and reads the results of a command.
type partFormat struct {
	writer func(w io.Writer, command string) (writer, error)
	reader func(r io.ReaderAt, size int64, command string) (reader, error)
}

var parts = format.New[partFormat]("results of a batch")

// Formats are those that results are written in, the default first.
func Formats() []string { return parts.Formats("parquet", nil) }

// The commands that a job may be of.
const (
	Classify = "classify"
	Features = "features"
)
