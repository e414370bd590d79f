package batch

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"resnet/internal/labels"
)

func init() { parts.Register("parquet", partFormat{newParquet, openParquet}) }

// The rows of Parquet, with the fields that JSON has. What is no number is NaN or an infinity, as it was computed.
type (
	labelled struct {
		File        string      `parquet:"file"`
		Predictions []predicted `parquet:"predictions,list"`
		Distance    *float64    `parquet:"distance,optional"`
		Unfamiliar  bool        `parquet:"unfamiliar"`
	}
	predicted struct {
		Index       int32   `parquet:"index"`
		Label       string  `parquet:"label,dict"`
		Probability float64 `parquet:"probability"`
		Logit       float32 `parquet:"logit"`
	}
	featured struct {
		File     string    `parquet:"file"`
		Features []float32 `parquet:"features,list"`
	}
)

func newParquet(w io.Writer, command string) (writer, error) {
	if command == Classify {
		return newParquetRows(w, func(r *Result) (labelled, int) {
			row := labelled{File: r.File, Predictions: make([]predicted, len(r.Predictions)), Distance: r.Distance, Unfamiliar: r.Unfamiliar}
			for i, p := range r.Predictions {
				row.Predictions[i] = predicted{int32(p.Index), p.Label, p.Probability, p.Logit}
			}
			return row, len(r.Predictions)
		}), nil
	}
	return newParquetRows(w, func(r *Result) (featured, int) { return featured{r.File, r.Vector}, len(r.Vector) }), nil
}

func openParquet(r io.ReaderAt, size int64, command string) (reader, error) {
	if command == Classify {
		return openParquetRows(r, size, func(row labelled) *Result {
			result := &Result{File: row.File, Distance: row.Distance, Unfamiliar: row.Unfamiliar}
			for _, p := range row.Predictions {
				result.Predictions = append(result.Predictions, labels.Prediction{
					Index: int(p.Index), Label: p.Label, Probability: p.Probability, Logit: p.Logit,
				})
			}
			return result
		})
	}
	return openParquetRows(r, size, func(row featured) *Result { return &Result{File: row.File, Vector: row.Features} })
}

// groupValues is about how many values a row group has: the library keeps those of one in memory.
const groupValues = 1 << 21

// parquetRows writes rows of one kind.
type parquetRows[T any] struct {
	w      *parquet.GenericWriter[T]
	row    func(*Result) (row T, values int)
	values int
}

func newParquetRows[T any](w io.Writer, row func(*Result) (T, int)) *parquetRows[T] {
	return &parquetRows[T]{w: parquet.NewGenericWriter[T](w, parquet.Compression(&parquet.Zstd)), row: row}
}

func (p *parquetRows[T]) write(r *Result) error {
	row, n := p.row(r)
	if _, err := p.w.Write([]T{row}); err != nil {
		return err
	}
	if p.values += n; p.values < groupValues {
		return nil
	}
	p.values = 0
	return p.w.Flush()
}

func (p *parquetRows[T]) close() error { return p.w.Close() }

// parquetReader reads rows of one kind. The library panics at some damaged files, which are errors here.
type parquetReader[T any] struct {
	r      *parquet.GenericReader[T]
	result func(T) *Result
	rows   []T
	end    error
}

// readAtOnce is how many rows are read at a time.
const readAtOnce = 64

func openParquetRows[T any](from io.ReaderAt, size int64, result func(T) *Result) (r reader, err error) {
	defer errorOfPanic(&err)
	f, err := parquet.OpenFile(from, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, err
	}
	if want := parquet.SchemaOf(new(T)); !parquet.EqualNodes(want, f.Schema()) {
		return nil, fmt.Errorf("has the columns %s, want %s", f.Schema(), want)
	}
	return &parquetReader[T]{r: parquet.NewGenericReader[T](f), result: result}, nil
}

func (p *parquetReader[T]) next() (r *Result, err error) {
	defer errorOfPanic(&err)
	for len(p.rows) == 0 {
		if p.end != nil {
			return nil, p.end
		}
		rows := make([]T, readAtOnce)
		n, err := p.r.Read(rows)
		if p.rows = rows[:n]; err != nil {
			p.end = errors.Join(err, p.r.Close())
			if errors.Is(err, io.EOF) {
				p.end = io.EOF
			}
		}
	}
	row := p.rows[0]
	p.rows = p.rows[1:]
	return p.result(row), nil
}

func errorOfPanic(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("is damaged: %v", r)
	}
}
