package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/tensor"
)

// golden is a tensor as torch.load gives it (testdata/make_fixtures.py).
type golden struct {
	Name    string
	DType   tensor.DType
	Shape   tensor.Shape
	Stored  []byte // the elements, once contiguous
	Float32 []byte
}

func goldens(t *testing.T) map[string][]golden {
	t.Helper()
	text, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string][]golden
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func openFixture(t *testing.T, name string) *File {
	t.Helper()
	f, err := Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestReadsWhatPyTorchReads(t *testing.T) {
	for file, want := range goldens(t) {
		t.Run(file, func(t *testing.T) {
			f := openFixture(t, file)
			var names []string
			for _, g := range want {
				names = append(names, g.Name)
				checkGolden(t, f, g)
			}
			got := f.Names()
			if f.Format() == safetensors.Name { // sorts by type and name
				got = slices.Sorted(slices.Values(got))
				slices.Sort(names)
			}
			if !slices.Equal(got, names) {
				t.Errorf("Names() = %q, want %q", got, names)
			}
		})
	}
}

// checkGolden compares a tensor's description, its bytes and its values.
func checkGolden(t *testing.T, f *File, g golden) {
	t.Helper()
	info, ok := f.Info(g.Name)
	if !ok || info.DType != g.DType || !info.Shape.Equal(g.Shape) {
		t.Errorf("Info(%q) = %v, %v; want %v of %s", g.Name, info, ok, g.Shape, g.DType)
		return
	}
	var stored bytes.Buffer
	if err := f.Stream(g.Name, &stored); err != nil || !bytes.Equal(stored.Bytes(), g.Stored) {
		t.Errorf("Stream(%q) = %x, %v; want %x", g.Name, stored.Bytes(), err, g.Stored)
	}
	values := make([]float32, info.Shape.Elements())
	if err := f.Read(g.Name, values); err != nil || !bytes.Equal(bitsOf(values), g.Float32) {
		t.Errorf("Read(%q) = %v, %v; want the bits %x", g.Name, values, err, g.Float32)
	}
}

func bitsOf(values []float32) []byte {
	b := make([]byte, 0, 4*len(values))
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// TestConvertIsExact writes each fixture as safetensors and reads it again.
func TestConvertIsExact(t *testing.T) {
	for file, want := range goldens(t) {
		t.Run(file, func(t *testing.T) {
			f := openFixture(t, file)
			path := filepath.Join(t.TempDir(), "out.safetensors")
			convert(t, f, path)
			again, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if !slices.Equal(again.Names(), f.Names()) {
				t.Errorf("Names() = %q, want %q", again.Names(), f.Names())
			}
			for _, g := range want {
				checkGolden(t, again, g)
			}
		})
	}
}

func convert(t *testing.T, f *File, path string) {
	t.Helper()
	var specs []safetensors.Spec
	for _, name := range f.Names() {
		info, _ := f.Info(name)
		specs = append(specs, safetensors.Spec{Name: name, Info: info})
	}
	w, err := safetensors.Create(path, specs, f.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, name := range f.Names() {
		if err := w.WriteFrom(name, func(w io.Writer) error { return f.Stream(name, w) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSaysWhetherDamageIsNoticed(t *testing.T) {
	for file, want := range map[string]bool{
		"dtypes.pth": true, "no_checksums.pth": false, "dtypes_legacy.pth": false, "dtypes.safetensors": false,
	} {
		f := openFixture(t, file)
		if f.Checksums() != want || slices.Contains(f.Warnings(), NoChecksums) == want {
			t.Errorf("%s: Checksums() = %v, Warnings() = %q", file, f.Checksums(), f.Warnings())
		}
	}
}

func TestTrainingMetadata(t *testing.T) {
	f := openFixture(t, "training.pth")
	for key, want := range map[string]string{"epoch": "90", "arch": "tiny", "best_acc1": "76.15"} {
		if got := f.Metadata()[key]; got != want {
			t.Errorf("Metadata()[%q] = %q, want %q", key, got, want)
		}
	}
}

func TestRefusesWhatIsNoStateDict(t *testing.T) {
	for file, want := range map[string]string{
		"whole_model.pth": `global not allowed: torch.nn.modules.container.Sequential; only tensors are read; save them alone: torch.save(model.state_dict(), "weights.pth")`,
	} {
		_, err := Open(filepath.Join("testdata", file))
		var broken *FormatError
		if !errors.As(err, &broken) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", file, err, want)
		}
	}
}
