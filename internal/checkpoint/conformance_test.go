package checkpoint

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
	"resnet/internal/tensor"
)

// long is larger than a chunk, so that its conversion takes several.
const long = 100_000

// sample is the same checkpoint in every format. The files are shared by the tests and not to be changed.
var sample = sync.OnceValue(func() map[string][]byte {
	values := make([]float32, long)
	for i := range values {
		values[i] = float32(i) / 3
	}
	state := func() []Named {
		return []Named{
			{Name: "conv1.weight", Tensor: Tensor{Storage: FloatStorage("0", 1, 2, 3, 4, 5, 6), Size: []int64{1, 2, 3}}},
			{Name: "layer1.0.bn1.num_batches_tracked", Tensor: Tensor{Storage: Storage{Class: "LongStorage", Key: "1", Numel: 1, Data: []byte{7, 0, 0, 0, 0, 0, 0, 0}}}},
			Vector("fc.weight", "2", values...),
			{Name: "mean", Tensor: Tensor{Storage: Storage{Class: "HalfStorage", Key: "3", Numel: 2, Data: []byte{0x00, 0x3c, 0x00, 0xc0}}, Size: []int64{2}}},
			{Name: "empty", Tensor: Tensor{Storage: FloatStorage("4"), Size: []int64{0, 3}}},
		}
	}
	plain, packed, bare := StateDictZip(state()...), StateDictZip(state()...), StateDictZip(state()...)
	for i := range packed.Entries {
		packed.Entries[i].Deflate = true
	}
	bare.NoCRC = true
	header := `{"conv1.weight":{"dtype":"F32","shape":[1,2,3],"data_offsets":[400008,400032]},` +
		`"layer1.0.bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]},` +
		`"fc.weight":{"dtype":"F32","shape":[100000],"data_offsets":[8,400008]},` +
		`"mean":{"dtype":"F16","shape":[2],"data_offsets":[400032,400036]},` +
		`"empty":{"dtype":"F32","shape":[0,3],"data_offsets":[400036,400036]}}`
	data := slices.Concat(state()[1].Storage.Data, Floats(values...), Floats(1, 2, 3, 4, 5, 6), state()[3].Storage.Data)
	return map[string][]byte{
		"safetensors":           Safetensors(header, data),
		"zip":                   plain.Bytes(),
		"zip, packed":           packed.Bytes(),
		"zip without checksums": bare.Bytes(),
		"legacy":                StateDictLegacy(state()...).Bytes(),
	}
})

// TestConformance is what every format must do alike. A new format joins by a file in sample.
func TestConformance(t *testing.T) {
	for name, file := range sample() {
		t.Run(name, func(t *testing.T) {
			f, err := OpenReaderAt(bytes.NewReader(file), int64(len(file)), name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for _, check := range []func(*testing.T, *File){
				checkDescription, checkValues, checkStream, checkMisuse, checkWriterError, checkConcurrent, checkCopies,
			} {
				check(t, f)
			}
			if f.Size() != int64(len(file)) || f.Path() != name || f.Format() == "" {
				t.Errorf("Size, Path, Format = %d, %q, %q", f.Size(), f.Path(), f.Format())
			}
		})
	}
}

var sampleInfo = map[string]tensor.Info{
	"conv1.weight":                     {Shape: tensor.Shape{1, 2, 3}, DType: tensor.Float32},
	"layer1.0.bn1.num_batches_tracked": {Shape: tensor.Shape{}, DType: tensor.Int64},
	"fc.weight":                        {Shape: tensor.Shape{long}, DType: tensor.Float32},
	"mean":                             {Shape: tensor.Shape{2}, DType: tensor.Float16},
	"empty":                            {Shape: tensor.Shape{0, 3}, DType: tensor.Float32},
}

func checkDescription(t *testing.T, f *File) {
	want := []string{"conv1.weight", "layer1.0.bn1.num_batches_tracked", "fc.weight", "mean", "empty"}
	if !slices.Equal(f.Names(), want) {
		t.Errorf("Names() = %q, want the order of the file, %q", f.Names(), want)
	}
	for name, want := range sampleInfo {
		if got, ok := f.Info(name); !ok || got.DType != want.DType || !got.Shape.Equal(want.Shape) || got.Shape == nil {
			t.Errorf("Info(%q) = %v, %v; want %v", name, got, ok, want)
		}
	}
}

func checkValues(t *testing.T, f *File) {
	for name, want := range map[string][]float32{
		"conv1.weight": {1, 2, 3, 4, 5, 6}, "layer1.0.bn1.num_batches_tracked": {7}, "mean": {1, -2}, "empty": {},
	} {
		got := make([]float32, len(want))
		if err := f.Read(name, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("Read(%q) = %v, %v; want %v", name, got, err, want)
		}
	}
	got := make([]float32, long)
	if err := f.Read("fc.weight", got); err != nil {
		t.Error(err)
	}
	for i, v := range got {
		if v != float32(i)/3 {
			t.Errorf("fc.weight[%d] = %v, want %v", i, v, float32(i)/3)
			break
		}
	}
}

// wholeElements fails where a chunk ends inside an element.
type wholeElements struct {
	t     *testing.T
	size  int
	total int
}

func (w *wholeElements) Write(p []byte) (int, error) {
	if len(p)%w.size != 0 {
		w.t.Errorf("a chunk of %d bytes is not one of whole elements", len(p))
	}
	w.total += len(p)
	return len(p), nil
}

func checkStream(t *testing.T, f *File) {
	for name, info := range sampleInfo {
		w := &wholeElements{t: t, size: info.DType.Size()}
		if err := f.Stream(name, w); err != nil || w.total != info.Shape.Elements()*w.size {
			t.Errorf("Stream(%q) wrote %d bytes, %v", name, w.total, err)
		}
	}
}

func checkMisuse(t *testing.T, f *File) {
	if info, ok := f.Info("none"); ok {
		t.Errorf("Info of an unknown tensor = %v", info)
	}
	for _, err := range []error{
		f.Read("none", nil),
		f.Stream("none", io.Discard),
		f.Read("mean", make([]float32, 1)),
		f.Read("mean", make([]float32, 3)),
	} {
		if err == nil {
			t.Error("an unknown tensor or a wrong length is no error")
		}
	}
}

func checkWriterError(t *testing.T, f *File) {
	full := errors.New("full")
	if err := f.Stream("fc.weight", failing{full}); !errors.Is(err, full) {
		t.Errorf("Stream to a writer that fails: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func checkConcurrent(t *testing.T, f *File) {
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { checkValues(t, f) })
	}
	wait.Wait()
}

// checkCopies changes what the caller was given.
func checkCopies(t *testing.T, f *File) {
	before := f.Metadata()
	if m := f.Metadata(); m != nil {
		m["x"] = "y"
	}
	if !maps.Equal(f.Metadata(), before) {
		t.Error("Metadata() is not a copy")
	}
	f.Warnings()
	if w := append(f.Warnings(), "x"); slices.Contains(f.Warnings(), w[len(w)-1]) {
		t.Error("Warnings() is not a copy")
	}
}
