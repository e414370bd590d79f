package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"resnet/internal/atomicfile"
	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/npy"
	"resnet/internal/printable"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

// featureCSV writes a line an image: the file and its numbers.
type featureCSV struct {
	w    *render.CSV
	to   io.Writer
	head bool
}

func newFeatureCSV(w io.Writer, look render.Look) *featureCSV {
	return &featureCSV{w: render.NewCSV(w, look), to: w}
}

func (c *featureCSV) add(file string, vector []float32) error {
	row := make([]string, 1, 1+len(vector))
	if !c.head {
		c.head = true
		row[0] = "file"
		for i := range vector {
			row = append(row, "f"+strconv.Itoa(i))
		}
		c.w.Write(row)
		row = row[:1]
	}
	row[0] = file
	for _, v := range vector {
		row = append(row, strconv.FormatFloat(float64(v), 'g', -1, 32))
	}
	c.w.Write(row)
	return c.close()
}

func (c *featureCSV) close() error {
	return errorOr(c.w.Flush(), func() error { return flush(c.to) })
}

// featureSpool keeps vectors in a temporary file beside the output: how many there will be is known at the end alone.
type featureSpool struct {
	name  string // of the output
	file  *atomicfile.File
	files []string
	width int
	made  func() (map[string]string, error) // says how the vectors are made
}

func newFeatureSpool(name, path string, made func() (map[string]string, error)) (*featureSpool, error) {
	file, err := atomicfile.Temp(path)
	return &featureSpool{name: name, file: file, made: made}, err
}

func (s *featureSpool) remove() {
	_ = s.file.Cleanup() // there is no better error than the one before
}

func (s *featureSpool) add(file string, vector []float32) error {
	s.files = append(s.files, file)
	s.width = len(vector)
	if err := npy.WriteData(s.file, vector); err != nil {
		return &outputError{s.name, err}
	}
	return nil
}

// shape is (images, numbers of each).
func (s *featureSpool) shape() tensor.Shape { return tensor.Shape{len(s.files), s.width} }

// copyTo writes all vectors.
func (s *featureSpool) copyTo(w io.Writer) error {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, s.file)
	return err
}

// writeFeaturesNPY writes the array, and the names beside it.
func (f *factory) writeFeaturesNPY(name string, spool *featureSpool) error {
	names := func(w io.Writer) error {
		for _, file := range spool.files {
			if _, err := fmt.Fprintln(w, printable.Name(file)); err != nil {
				return failed(err)
			}
		}
		return nil
	}
	array := func(w io.Writer) error {
		_, err := w.Write(npy.Header(spool.shape()))
		return failed(errors.Join(err, spool.copyTo(w)))
	}
	if err := f.writeOutput(name+".txt", names); err != nil {
		return err
	}
	return f.writeOutput(name, array)
}

// writeFeaturesSafetensors writes the array, and as metadata the names and how it was made.
func (f *factory) writeFeaturesSafetensors(output string, spool *featureSpool) error {
	names, err := json.Marshal(spool.files)
	if err != nil {
		return err
	}
	metadata, err := spool.made()
	if err != nil {
		return err
	}
	metadata["files"] = string(names)
	const name = "features"
	info := tensor.Info{Shape: spool.shape(), DType: tensor.Float32}
	path, err := f.targetFile(output)
	if err != nil {
		return err
	}
	w, err := safetensors.Create(path, []safetensors.Spec{{Name: name, Info: info}}, metadata)
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := cmp.Or(w.WriteFrom(name, spool.copyTo), w.Close()); err != nil {
		return &outputError{output, err}
	}
	f.wrote(output)
	return nil
}
