package vectors

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"resnet/internal/checkpoint"
	"resnet/internal/checkpoint/format"
	"resnet/internal/npy"
	"resnet/internal/tensor"
)

// maxNames bounds the names of a file's rows: some million.
const maxNames = 1 << 30

// openNPY reads the array, and the names in the file beside it.
func openNPY(file *os.File, size int64, names string) (*File, error) {
	array, err := npy.NewReader(file, size)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(names)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the names of its rows are missing: %w", err)
	case !info.Mode().IsRegular() || info.Size() > maxNames:
		return nil, fmt.Errorf("%s: no list of names", names)
	}
	list, err := os.Open(names)
	if err != nil {
		return nil, err
	}
	rows := func(ctx context.Context, yield func(string, []float32) error) error {
		lines := bufio.NewScanner(list)
		row := make([]float32, array.Width)
		for i := range array.Rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !lines.Scan() {
				return errors.Join(lines.Err(), fmt.Errorf("%s has %d names for %d rows", filepath.Base(names), i, array.Rows))
			}
			if err := array.Row(row); err != nil {
				return err
			}
			if err := yield(lines.Text(), row); err != nil {
				return err
			}
		}
		if lines.Scan() {
			return fmt.Errorf("%s has more names than the %d rows", filepath.Base(names), array.Rows)
		}
		return nil
	}
	return &File{Files: []string{names}, Width: array.Width, Rows: rows, closers: []io.Closer{list}}, nil
}

// openSafetensors reads the tensor "features", and the names in the metadata.
func openSafetensors(path string) (*File, error) {
	file, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	info, ok := file.Info("features")
	var names []string
	if ok {
		err = json.Unmarshal([]byte(file.Metadata()["files"]), &names)
	}
	float := info.DType == tensor.Float32 || info.DType == tensor.Float16
	if !ok || err != nil || len(info.Shape) != 2 || info.Shape[0] != len(names) || info.Shape[1] == 0 || !float {
		return nil, errors.Join(errors.New(`not as resnet features writes it: a float32 tensor "features" of a row for each of the metadata's "files"`), file.Close())
	}
	width := info.Shape[1]
	rows := func(ctx context.Context, yield func(string, []float32) error) error {
		return file.Stream("features", &splitter{ctx: ctx, dtype: info.DType, row: make([]float32, width), names: names, yield: yield})
	}
	return &File{Width: width, Metadata: file.Metadata(), Rows: rows, closers: []io.Closer{file}}, nil
}

// splitter makes rows of the bytes of a matrix.
type splitter struct {
	ctx   context.Context
	dtype tensor.DType
	rest  []byte // of an unfinished row
	row   []float32
	names []string
	yield func(string, []float32) error
}

func (s *splitter) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	s.rest = append(s.rest, p...)
	size := s.dtype.Size() * len(s.row)
	data := s.rest
	for ; len(data) >= size; data = data[size:] {
		if _, err := format.NewDecoder(s.dtype, s.row).Write(data[:size]); err != nil {
			return 0, err
		}
		if err := s.yield(s.names[0], s.row); err != nil {
			return 0, err
		}
		s.names = s.names[1:]
	}
	s.rest = append(s.rest[:0], data...)
	return len(p), nil
}

// maxLine bounds a line of CSV: a vector of a hundred thousand numbers.
const maxLine = 4 << 20

// openCSV reads lines of a name and numbers.
func openCSV(file *os.File) (*File, error) {
	reader := csv.NewReader(&lines{r: bufio.NewReader(file)})
	reader.ReuseRecord = true
	head, err := reader.Read()
	if err != nil || len(head) < 2 || string(bytes.TrimPrefix([]byte(head[0]), []byte("\ufeff"))) != "file" {
		return nil, errors.New(`no file of vectors: want what resnet features writes, .npy, .safetensors, or .csv with the columns file, f0, f1, …`)
	}
	width := len(head) - 1
	rows := func(ctx context.Context, yield func(string, []float32) error) error {
		row := make([]float32, width)
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			cells, err := reader.Read()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			for i, cell := range cells[1:] {
				v, err := strconv.ParseFloat(cell, 32)
				if err != nil && !errors.Is(err, strconv.ErrRange) {
					line, _ := reader.FieldPos(i + 1)
					return fmt.Errorf("line %d: %q is no number", line, cell)
				}
				row[i] = float32(v)
			}
			if err := yield(unguarded(cells[0]), row); err != nil {
				return err
			}
		}
	}
	return &File{Width: width, Rows: rows}, nil
}

// unguarded is a cell without the apostrophe that keeps spreadsheets from running it.
func unguarded(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte("=+-@\t\r", cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}

// lines refuses a line that no vector is as long as, before it is read whole.
type lines struct {
	r    io.Reader
	line int // bytes since the last line's end
}

func (l *lines) Read(p []byte) (int, error) {
	n, err := l.r.Read(p[:min(len(p), 1<<16)])
	if at := bytes.LastIndexByte(p[:n], '\n'); at >= 0 {
		l.line = n - at
	} else {
		l.line += n
	}
	if l.line > maxLine {
		return 0, fmt.Errorf("a line of more than %d bytes", maxLine)
	}
	return n, err
}
