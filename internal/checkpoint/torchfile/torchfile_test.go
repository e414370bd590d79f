package torchfile

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
)

func openZip(r io.ReaderAt, size int64) (Opened, error)    { return asReader(OpenZip(r, size)) }
func openLegacy(r io.ReaderAt, size int64) (Opened, error) { return asReader(OpenLegacy(r, size)) }

// asReader keeps a nil *File from becoming an Opened that is not nil.
func asReader(f *File, err error) (Opened, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// readZip opens a file that must be right and reads all of it.
func readZip(t *testing.T, file []byte) (*File, map[string][]byte) {
	t.Helper()
	f, err := OpenZip(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	all, err := ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return f, all
}

// wantFloats compares tensors with float32 values.
func wantFloats(t *testing.T, got map[string][]byte, want map[string][]float32) {
	t.Helper()
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(g, w) {
		t.Errorf("tensors are %q, want %q", g, w)
	}
	for name, values := range want {
		if !bytes.Equal(got[name], Floats(values...)) {
			t.Errorf("%s = %v, want %v", name, got[name], values)
		}
	}
}

// pickled puts a pickle into an otherwise right zip file that has the float32 storage "0" of six elements.
func pickled(p *Pickle) []byte { return pickledRaw(p.Bytes()) }

func pickledRaw(pickle []byte) []byte { return TorchZip(pickle, six).Bytes() }

var six = FloatStorage("0", 1, 2, 3, 4, 5, 6)

// good is a small state dict.
func good() Zip { return StateDictZip(Vector("a", "0", 1, 2, 3), Vector("b", "1", 4, 5)) }
