package torchfile

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
	"resnet/internal/checkpoint/format"
)

// fixtures are the files that PyTorch wrote.
func fixtures(f *testing.F, pattern string) [][]byte {
	f.Helper()
	paths, err := filepath.Glob("../testdata/" + pattern)
	if err != nil || len(paths) == 0 {
		f.Fatalf("no fixtures %s: %v", pattern, err)
	}
	var files [][]byte
	for _, p := range paths {
		file, err := os.ReadFile(p)
		if err != nil {
			f.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func FuzzZip(f *testing.F) {
	f.Add(good().Bytes())
	f.Add(with(packAll))
	f.Add(zip64(nil, nil))
	f.Add(with(func(z *Zip) { z.NoCRC, z.Comment = true, "hello" }))
	for _, file := range fixtures(f, "parameters.pth") {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) { Fuzz(t, openZip, file) })
}

func FuzzLegacy(f *testing.F) {
	f.Add(goodLegacy().Bytes())
	for _, file := range fixtures(f, "parameters_legacy.pth") {
		f.Add(file)
	}
	s := FloatStorage("7", 1, 2, 3, 4)
	s.View = &View{Key: "8", Offset: 1, Count: 3}
	f.Add(StateDictLegacy(Named{Name: "a", Tensor: Tensor{Storage: s, Size: []int64{2}}}).Bytes())
	f.Fuzz(func(t *testing.T, file []byte) { Fuzz(t, openLegacy, file) })
}

// FuzzPickle interprets a pickle whose storages are zeros, as many as it asks for up to a limit.
func FuzzPickle(f *testing.F) {
	f.Add(NewPickle().StateDict(Vector("a", "0", 1, 2, 3), Vector("b", "1", 4, 5)).Bytes())
	f.Add(oddKeys().Bytes())
	f.Add(pairs("a", "b").Bytes())
	f.Add(sameName().Bytes())
	f.Add(NewPickle().Op('}', 'q', 0).Str("me").Op('h', 0, 's').Bytes())
	f.Add(NewPickle().OrderedDict().Op('}').Str("_metadata").OrderedDict().Op('s', 'b').Bytes())
	f.Add(NewPickle().Op('}').Str("a").Op('G', 0, 0, 0, 0, 0, 0, 0, 0, 's').Str("b").Int(1 << 40).Op('s').Bytes())
	f.Fuzz(func(t *testing.T, pickle []byte) {
		Fuzz(t, func(r io.ReaderAt, size int64) (Opened, error) {
			u := &unpickler{source: newSource(io.NewSectionReader(r, 0, size), 0, "pickle")}
			all := storages{}
			u.persistent = func(id *tuple) (*storage, error) { return zeroStorage(all, id) }
			tree, err := loadTree(u)
			if err != nil {
				return nil, err
			}
			checkRecords(t, tree)
			return &File{format: "pickle", tree: tree}, nil
		}, pickle)
	})
}

func zeroStorage(all storages, id *tuple) (*storage, error) {
	of, key, numel, err := storageID(id, 5)
	if err != nil {
		return nil, err
	}
	s, _, err := all.use(of, key, min(numel, 1000))
	if err == nil {
		s.record = zeros(s.bytes())
	}
	return s, err
}

// checkRecords makes sure that every tensor lies within its storage.
func checkRecords(t *testing.T, tree *tree) {
	for name, r := range tree.tensors {
		if r.storage == nil { // is never read
			continue
		}
		last, count := r.offset, int64(1)
		for i, d := range r.size {
			last += max(0, d-1) * r.stride[i]
			count *= d
		}
		if count > r.storage.numel || count > 0 && last >= r.storage.numel || len(r.size) > format.MaxDims {
			t.Errorf("%q: size %v, stride %v, offset %d in %d elements", name, r.size, r.stride, r.offset, r.storage.numel)
		}
	}
}

// zeros is a record of so many bytes.
type zeros int64

func (z zeros) open() (io.Reader, error)    { return bytes.NewReader(make([]byte, z)), nil }
func (z zeros) direct() (io.ReaderAt, bool) { return nil, false }
