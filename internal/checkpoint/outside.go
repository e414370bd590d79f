package checkpoint

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"resnet/internal/checkpoint/format"
	"resnet/internal/checkpoint/onnx"
)

// maxOutside bounds the files that an ONNX model keeps its tensors in; exporters write one.
const maxOutside = 64

// outside is an ONNX model with tensors in other files.
type outside struct {
	*onnx.Reader
	files []outsideFile
}

type outsideFile struct {
	*os.File
	size  int64
	mtime time.Time
}

// openOutside opens the files of a model's tensors, which must lie in its own directory and be no links. Where beside is
// false, the model is not to name other files.
func openOutside(o *onnx.Reader, model string, beside bool) (_ *outside, err error) {
	out := &outside{Reader: o}
	defer func() {
		if err != nil {
			out.close()
		}
	}()
	locations := o.Locations()
	if !beside || len(locations) > maxOutside {
		return nil, format.Errorf(onnx.Name, -1, "the model has tensors in %d other files", len(locations))
	}
	for _, location := range locations {
		if !plainName(location) {
			return nil, format.Errorf(onnx.Name, -1, "the file %q is not one that lies beside the model", location)
		}
		path := filepath.Join(filepath.Dir(model), location)
		if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
			return nil, format.Errorf(onnx.Name, -1, "the file %q, which holds tensors, is a link: put the file itself there", location)
		} else if os.IsNotExist(err) {
			return nil, format.Errorf(onnx.Name, -1, "the tensors are in another file, %q, which is not beside the model: put it there", location)
		}
		file, info, err := openRegular(path)
		if err != nil {
			return nil, fmt.Errorf("the file %q, which holds tensors: %w", location, err)
		}
		out.files = append(out.files, outsideFile{file, info.Size(), info.ModTime()})
		if now, err := os.Lstat(path); err != nil || !os.SameFile(now, info) { // a link took its place
			return nil, format.Errorf(onnx.Name, -1, "the file %q was replaced while it was opened", location)
		}
		if err := o.Attach(location, onnx.External{Data: file, Size: info.Size()}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// plainName tells the name of a file that lies beside the one that names it.
func plainName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, `/\:`+"\x00")
}

// Stream is the model's, and fails where another file has changed since it was opened.
func (out *outside) Stream(name string, w io.Writer) error {
	err := out.Reader.Stream(name, w)
	for _, f := range out.files {
		info, statErr := f.Stat()
		if statErr != nil {
			return statErr
		}
		if info.Size() != f.size || !info.ModTime().Equal(f.mtime) {
			return format.Errorf(onnx.Name, -1, "%s changed while it was read; try again once nothing writes to it", filepath.Base(f.Name()))
		}
	}
	return err
}

func (out *outside) paths() []string {
	var paths []string
	for _, f := range out.files {
		paths = append(paths, f.Name())
	}
	return paths
}

func (out *outside) close() error {
	var first error
	for _, f := range out.files {
		if err := f.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
