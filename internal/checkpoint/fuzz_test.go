package checkpoint

import (
	"bytes"
	"io"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
)

// FuzzOpen recognises a file and reads it. The formats have fuzz targets of their own.
func FuzzOpen(f *testing.F) {
	f.Add(StateDictZip(Vector("a", "0", 1, 2, 3)).Bytes())
	f.Add(StateDictLegacy(Vector("a", "0", 1, 2, 3)).Bytes())
	f.Add(Safetensors(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, make([]byte, 4)))
	for _, s := range strangers {
		f.Add([]byte(s.magic))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		Fuzz(t, func(r io.ReaderAt, size int64) (Opened, error) {
			f, err := OpenReaderAt(r, size, "fuzz")
			if err != nil {
				return nil, err
			}
			readValues(t, f)
			return f, nil
		}, file)
		for _, known := range formats { // whatever the first bytes are
			if known.sniff(file[:min(len(file), 512)], int64(len(file))) {
				if _, err := known.open(bytes.NewReader(file), int64(len(file))); err != nil {
					CheckError(t, err)
				}
			}
		}
	})
}

// readValues reads small tensors as float32, which must agree with their description.
func readValues(t *testing.T, f *File) {
	for _, name := range f.Names()[:min(len(f.Names()), 10)] {
		info, ok := f.Info(name)
		if !ok {
			t.Fatalf("Info does not know %q, which Names lists", name)
		}
		n, ok := info.Shape.Checked()
		if !ok || n < 0 {
			t.Fatalf("%q has the impossible shape %v", name, info.Shape)
		}
		if n <= 1000 && info.DType.Size() > 0 {
			CheckError(t, f.Read(name, make([]float32, n)))
		}
	}
}
