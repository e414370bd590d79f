package checkpoint

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
	"resnet/internal/checkpoint/format"
	"resnet/internal/checkpoint/onnx"
	"resnet/internal/tensor"
)

// resnet50Like writes a checkpoint of about 4·perTensor·256 bytes: as many tensors as a ResNet-50 has convolutions and
// batch norms, all of one size.
func resnet50Like(t testing.TB, perTensor int) map[string][]byte {
	t.Helper()
	values := make([]byte, 4*perTensor)
	state := func() []Named {
		var tensors []Named
		for i := range 256 {
			s := Storage{Class: "FloatStorage", Key: fmt.Sprint(i), Numel: int64(perTensor), Data: values}
			tensors = append(tensors, Named{Name: fmt.Sprintf("layer%d.%d.conv1.weight", i/64+1, i%64), Tensor: Tensor{Storage: s, Size: []int64{int64(perTensor)}}})
		}
		return tensors
	}
	var header strings.Builder
	header.WriteString(`{"__metadata__":{"format":"pt"}`)
	for i, n := range state() {
		fmt.Fprintf(&header, `,%q:{"dtype":"F32","shape":[%d],"data_offsets":[%d,%d]}`, n.Name, perTensor, i*len(values), (i+1)*len(values))
	}
	header.WriteString("}")
	var layers []string
	for i := range 256 {
		layers = append(layers, fmt.Sprint("layer", i))
	}
	return map[string][]byte{
		"safetensors": Safetensors(header.String(), bytes.Repeat(values, 256)),
		"zip":         StateDictZip(state()...).Bytes(),
		"legacy":      StateDictLegacy(state()...).Bytes(),
		"onnx":        onnxOf(t, state()),
		"Keras":       KerasLayers(values, layers...),
	}
}

// onnxOf writes a model with a convolution for each of the tensors.
func onnxOf(t testing.TB, tensors []Named) []byte {
	t.Helper()
	m := onnx.New{Producer: "test", Input: onnx.Input{Name: "x", Shape: []int{0, 3, 224, 224}}}
	last := m.Input.Name
	for _, n := range tensors {
		m.Tensors = append(m.Tensors, onnx.Initializer{
			Name: n.Name, Info: tensor.Info{Shape: tensor.Shape{int(n.Size[0])}, DType: tensor.Float32},
			Write: func(w io.Writer) error { _, err := w.Write(n.Storage.Data); return err },
		})
		attrs := []onnx.Attribute{
			{Name: "kernel_shape", Type: onnx.AttrInts, Ints: []int64{3, 3}}, {Name: "pads", Type: onnx.AttrInts, Ints: []int64{1, 1, 1, 1}},
			{Name: "strides", Type: onnx.AttrInts, Ints: []int64{1, 1}}, {Name: "group", Type: onnx.AttrInt, Int: 1},
		}
		out := "/" + n.Name + "_output_0"
		m.Nodes = append(m.Nodes, onnx.Node{Name: "/" + n.Name, Op: "Conv", Inputs: []string{last, n.Name}, Outputs: []string{out}, Attrs: attrs})
		last = out
	}
	m.Output = onnx.Input{Name: last, Shape: []int{0, 3, 224, 224}}
	path := filepath.Join(t.TempDir(), "out.onnx")
	if err := onnx.Write(t.Context(), path, &m); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// countingReader counts the bytes that are asked for.
type countingReader struct {
	*bytes.Reader
	read int64
}

func (c *countingReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.read += int64(n)
	return n, err
}

// allocated is how many bytes f allocates, garbage included: more than the heap ever grows by.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// TestOpenReadsHeadersOnly opens a large file, and then reads one tensor of it.
func TestOpenReadsHeadersOnly(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates on its own account")
	}
	for name, file := range resnet50Like(t, 20_000) {
		r := &countingReader{Reader: bytes.NewReader(file)}
		var f *File
		var err error
		taken := allocated(func() { f, err = OpenReaderAt(r, int64(len(file)), name) })
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s of %d bytes: opening reads %d bytes and allocates %d", name, len(file), r.read, taken)
		if r.read > 256<<10 || taken > 2<<20 {
			t.Errorf("%s of %d bytes: opening reads %d bytes and allocates %d", name, len(file), r.read, taken)
		}
		r.read = 0
		dst := make([]float32, 20_000)
		taken = allocated(func() { err = f.Read(f.Names()[7], dst) })
		if err != nil {
			t.Fatal(err)
		}
		if r.read > 90_000 || taken > 600<<10 {
			t.Errorf("%s: reading a tensor of 80,000 bytes reads %d bytes and allocates %d", name, r.read, taken)
		}
	}
}

// TestHostileFilesStaySmall measures what refusing, or reading, files takes that want to grow.
func TestHostileFilesStaySmall(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates on its own account")
	}
	pickle := func(ops ...[]byte) []byte {
		return TorchZip(append([]byte{0x80, 2}, bytes.Join(ops, nil)...)).Bytes()
	}
	const n = 3_000_000
	var header strings.Builder
	for i := range format.MaxTensors {
		fmt.Fprintf(&header, `,"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`, i)
	}
	entries := Zip{}
	for i := range 20_000 {
		entries.Entries = append(entries.Entries, ZipEntry{Name: fmt.Sprint("archive/", i)})
	}
	for name, file := range map[string][]byte{
		"empty dicts":       pickle([]byte("]("), bytes.Repeat([]byte("}"), n), []byte("e.")),
		"nested tuples":     pickle([]byte(")"), bytes.Repeat([]byte("\x85"), n), []byte(".")),
		"memo":              pickle([]byte("}"), bytes.Repeat([]byte("q\x00h\x00"), n/4)),
		"marks":             pickle(bytes.Repeat([]byte("("), n)),
		"long string":       pickle([]byte("}X\xff\xff\xff\x7f"), bytes.Repeat([]byte("x"), n)),
		"ordered dicts":     pickle([]byte("ccollections\nOrderedDict\nq\x00("), bytes.Repeat([]byte("h\x00)R"), n/4)),
		"strings":           pickle([]byte("]("), bytes.Repeat([]byte("U\x00"), n/2), []byte("e.")),
		"many tensors":      Safetensors("{"+header.String()[1:]+"}", nil),
		"many entries":      entries.Bytes(),
		"nested JSON":       Safetensors(`{"a":`+strings.Repeat(`{"a":`, n/5), nil),
		"long JSON string":  Safetensors(`{"`+strings.Repeat("x", n), nil),
		"metadata":          Safetensors(`{"__metadata__":{"a":"`+strings.Repeat("x", n)+`"}}`, nil),
		"many small values": Safetensors(`{"a":{"x":[`+strings.Repeat("0,", n/2)+`0]}}`, nil),
	} {
		taken := allocated(func() {
			f, err := OpenReaderAt(bytes.NewReader(file), int64(len(file)), name)
			if err == nil {
				ReadAll(f)
			}
		})
		t.Logf("%s: a file of %d bytes takes %d", name, len(file), taken)
		if limit := 4*int64(len(file)) + 16<<20; taken > limit {
			t.Errorf("%s: a file of %d bytes takes %d, more than %d", name, len(file), taken, limit)
		}
	}
}

// BenchmarkOpen opens a file of 100 MB, as large as ResNet-50's.
func BenchmarkOpen(b *testing.B) {
	for name, file := range resnet50Like(b, 97_656) {
		path := filepath.Join(b.TempDir(), "file")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, err := Open(path)
				if err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

// BenchmarkRead reads all tensors of a file of 100 MB.
func BenchmarkRead(b *testing.B) {
	const perTensor = 97_656
	dst := make([]float32, perTensor)
	for name, file := range resnet50Like(b, perTensor) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				f, err := OpenReaderAt(bytes.NewReader(file), int64(len(file)), name)
				if err != nil {
					b.Fatal(err)
				}
				for _, tensor := range f.Names() {
					if err := f.Read(tensor, dst); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkReadTypes reads a tensor of each element type.
func BenchmarkReadTypes(b *testing.B) {
	for _, c := range []struct {
		code string
		size int
	}{{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"U8", 1}} {
		const n = 1 << 20
		data := make([]byte, n*c.size)
		for i := range data {
			data[i] = byte(i * 7 >> 3)
		}
		file := Safetensors(fmt.Sprintf(`{"a":{"dtype":%q,"shape":[%d],"data_offsets":[0,%d]}}`, c.code, n, len(data)), data)
		f, err := OpenReaderAt(bytes.NewReader(file), int64(len(file)), c.code)
		if err != nil {
			b.Fatal(err)
		}
		dst := make([]float32, n)
		b.Run(c.code, func(b *testing.B) {
			b.SetBytes(4 * n)
			for b.Loop() {
				if err := f.Read("a", dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReadView gathers a transposed matrix, and a kernel that was trained in the channels-last layout.
func BenchmarkReadView(b *testing.B) {
	for _, c := range []struct {
		name         string
		size, stride []int64
	}{
		{"transposed", []int64{2048, 1000}, []int64{1, 2048}},
		{"channels-last", []int64{512, 512, 3, 3}, []int64{512 * 9, 1, 512 * 3, 512}},
	} {
		numel := int64(1)
		for _, d := range c.size {
			numel *= d
		}
		s := Storage{Class: "FloatStorage", Key: "0", Numel: numel, Data: make([]byte, 4*numel)}
		file := StateDictZip(Named{Name: "a", Tensor: Tensor{Storage: s, Size: c.size, Stride: c.stride}}).Bytes()
		f, err := OpenReaderAt(bytes.NewReader(file), int64(len(file)), "a")
		if err != nil {
			b.Fatal(err)
		}
		dst := make([]float32, numel)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(4 * numel)
			for b.Loop() {
				if err := f.Read("a", dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
