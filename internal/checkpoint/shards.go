package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"resnet/internal/checkpoint/format"
	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/tensor"
)

const (
	maxIndex  = 16 << 20 // bytes of an index
	maxShards = 1000
)

// shards is a checkpoint in several files, which an index beside them lists.
type shards struct {
	names []string
	where map[string]*File
	files []*File
}

// openShards opens the index file, and every file that it names. These must lie beside the index.
func openShards(r io.ReaderAt, size int64, path string) (*shards, error) {
	if size > maxIndex {
		return nil, format.Errorf(safetensors.IndexName, -1, "the JSON has %d bytes; no index is that long", size)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), text); err != nil {
		return nil, format.Truncated(err, safetensors.IndexName, 0, "the JSON")
	}
	list, err := safetensors.ParseIndex(text)
	if err != nil {
		return nil, err
	}
	all := &shards{where: map[string]*File{}}
	if err := all.openAll(list, filepath.Dir(path)); err != nil {
		return nil, errors.Join(err, all.close())
	}
	return all, nil
}

func (all *shards) openAll(list []safetensors.Shard, dir string) error {
	opened := map[string]*File{}
	for _, s := range list {
		f := opened[s.File]
		if f == nil {
			var err error
			if f, err = all.open(dir, s.File); err != nil {
				return err
			}
			opened[s.File] = f
		}
		if _, ok := f.Info(s.Tensor); !ok {
			return format.Errorf(safetensors.IndexName, -1, "the tensor %q is not in %q", s.Tensor, s.File)
		}
		all.names = append(all.names, s.Tensor)
		all.where[s.Tensor] = f
	}
	return nil
}

func (all *shards) open(dir, name string) (*File, error) {
	if !plainName(name) {
		return nil, format.Errorf(safetensors.IndexName, -1, "the file %q is not one that lies beside the index", name)
	}
	if len(all.files) == maxShards {
		return nil, format.Errorf(safetensors.IndexName, -1, "more than %d files", maxShards)
	}
	f, err := openFile(filepath.Join(dir, name), false)
	if err != nil {
		return nil, err
	}
	all.files = append(all.files, f)
	return f, nil
}

func (all *shards) Names() []string { return all.names }

func (all *shards) Info(name string) (tensor.Info, bool) {
	f := all.where[name]
	if f == nil {
		return tensor.Info{}, false
	}
	return f.Info(name)
}

func (all *shards) Stream(name string, w io.Writer) error {
	f := all.where[name]
	if f == nil {
		return fmt.Errorf("no tensor %q", name)
	}
	return f.Stream(name, w)
}

func (all *shards) Metadata() map[string]string {
	if len(all.files) == 0 {
		return nil
	}
	return all.files[0].Metadata()
}

func (all *shards) Checksums() bool {
	for _, f := range all.files {
		if !f.Checksums() {
			return false
		}
	}
	return true
}

func (all *shards) Warnings() []string {
	var warnings []string
	for _, f := range all.files {
		for _, w := range f.reader.Warnings() {
			warnings = append(warnings, filepath.Base(f.Path())+": "+w)
		}
	}
	return warnings
}

func (all *shards) paths() []string {
	var paths []string
	for _, f := range all.files {
		paths = append(paths, f.path)
	}
	return paths
}

func (all *shards) close() error {
	var first error
	for _, f := range all.files {
		if err := f.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
