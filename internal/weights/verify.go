package weights

import (
	"cmp"
	"encoding/json"

	"resnet/internal/graph"
	"resnet/internal/number"
	"resnet/internal/tensor"
)

// Verify hashes a set of the cache again, and reports it where it is no longer what was downloaded.
func (c *Cache) Verify(e *Entry, seen func(done int64)) error {
	digest, info, err := hashFile(e.Path, seen)
	if err != nil {
		return err
	}
	s, known := Find(e.Name)
	if known {
		s = c.pinned(s)
	}
	want := cmp.Or(s.SHA256, e.SHA256, digest)
	if digest != want || !s.digestFits(digest) {
		return &DamagedError{e.Path, digest, want}
	}
	if e.SHA256 != digest || e.Size != info.Size() || !e.ModTime.Equal(info.ModTime()) {
		e.SHA256, e.Size, e.ModTime = digest, info.Size(), info.ModTime()
		_ = writeJSON(recordPath(e.Path), e.Record)
	}
	return nil
}

// NonFinite counts the values of all tensors that are no finite numbers: a training that went wrong, or damage.
func NonFinite(w graph.Weights) (int, error) {
	bad := 0
	for _, name := range w.Names() {
		info, _ := w.Info(name)
		values := make([]float32, info.Shape.Elements())
		if err := w.Read(name, values); err != nil {
			return 0, err
		}
		for _, v := range values {
			if !number.Finite(v) {
				bad++
			}
		}
	}
	return bad, nil
}

// Golden is an input of the network of a set inside the binary, and the logits that PyTorch gives for it.
func Golden(name string) (input tensor.Tensor, logits []float64, err error) {
	text, err := builtin.ReadFile("builtin/" + name + ".golden.json")
	if err != nil {
		return tensor.Tensor{}, nil, err
	}
	var golden struct {
		Input  tensor.Shape
		Logits []float64
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		return tensor.Tensor{}, nil, err
	}
	return goldenInput(golden.Input), golden.Logits, nil
}

// goldenInput is the picture of golden.py.
func goldenInput(shape tensor.Shape) tensor.Tensor {
	x := tensor.New(shape...)
	for i := range x.Data {
		x.Data[i] = float32(i*7919%4096)/1024 - 2
	}
	return x
}
