// Package checkpointtest writes checkpoint files for tests: well-formed ones, and ones that are wrong in exactly one
// place.
package checkpointtest

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Pickle is written opcode by opcode; the methods return it, so that they chain.
type Pickle struct{ b []byte }

// NewPickle begins a pickle of protocol 2.
func NewPickle() *Pickle { return (&Pickle{}).Op(0x80, 2) }

// Bytes ends the pickle.
func (p *Pickle) Bytes() []byte { return append(slices.Clip(p.b), '.') }

// Raw is the pickle without its end.
func (p *Pickle) Raw() []byte { return p.b }

// Op writes bytes as they are: an opcode with its argument.
func (p *Pickle) Op(b ...byte) *Pickle {
	p.b = append(p.b, b...)
	return p
}

// Mark opens a tuple, list or dict.
func (p *Pickle) Mark() *Pickle { return p.Op('(') }

// Tuple closes a Mark.
func (p *Pickle) Tuple() *Pickle { return p.Op('t') }

// Str writes a string.
func (p *Pickle) Str(s string) *Pickle {
	p.Op('X')
	p.b = binary.LittleEndian.AppendUint32(p.b, uint32(len(s)))
	p.b = append(p.b, s...)
	return p
}

// Int writes an integer.
func (p *Pickle) Int(n int64) *Pickle {
	switch {
	case 0 <= n && n < 256:
		return p.Op('K', byte(n))
	case math.MinInt32 <= n && n <= math.MaxInt32:
		p.Op('J')
		p.b = binary.LittleEndian.AppendUint32(p.b, uint32(n))
		return p
	}
	p.Op(0x8a, 8)
	p.b = binary.LittleEndian.AppendUint64(p.b, uint64(n))
	return p
}

// Ints writes a tuple of integers.
func (p *Pickle) Ints(ns ...int64) *Pickle {
	p.Mark()
	for _, n := range ns {
		p.Int(n)
	}
	return p.Tuple()
}

// Global names a class or function: "torch FloatStorage".
func (p *Pickle) Global(name string) *Pickle {
	p.Op('c')
	p.b = append(p.b, strings.Replace(name, " ", "\n", 1)+"\n"...)
	return p
}

// OrderedDict writes an empty one.
func (p *Pickle) OrderedDict() *Pickle {
	return p.Global("collections OrderedDict").Op(')', 'R')
}

// A Storage is where a Tensor keeps its elements.
type Storage struct {
	Class string // "FloatStorage"
	Key   string
	Numel int64
	Data  []byte
	Where string // "cpu" where empty

	Legacy bool  // the persistent id has the sixth value of legacy files …
	View   *View // … which is this view, or None
}

// View is a storage view: its key, offset and number of elements.
type View = struct {
	Key           string
	Offset, Count int64
}

// Storage writes the persistent id of a storage.
func (p *Pickle) Storage(s Storage) *Pickle {
	where := s.Where
	if where == "" {
		where = "cpu"
	}
	p.Mark().Str("storage").Global("torch " + s.Class).Str(s.Key).Str(where).Int(s.Numel)
	if s.Legacy {
		if s.View == nil {
			p.Op('N')
		} else {
			p.Mark().Str(s.View.Key).Int(s.View.Offset).Int(s.View.Count).Tuple()
		}
	}
	return p.Tuple().Op('Q')
}

// A Tensor is a view of a storage. Without Stride it is contiguous.
type Tensor struct {
	Storage Storage
	Offset  int64
	Size    []int64
	Stride  []int64
}

// Tensor writes a tensor as torch.save does.
func (p *Pickle) Tensor(t Tensor) *Pickle {
	stride := t.Stride
	if stride == nil {
		stride = make([]int64, len(t.Size))
		next := int64(1)
		for i := len(stride) - 1; i >= 0; i-- {
			stride[i] = next
			next *= t.Size[i]
		}
	}
	return p.Global("torch._utils _rebuild_tensor_v2").Mark().
		Storage(t.Storage).Int(t.Offset).Ints(t.Size...).Ints(stride...).Op(0x89).OrderedDict().
		Tuple().Op('R')
}

// Named is a tensor of a state dict.
type Named struct {
	Name string
	Tensor
}

// StateDict writes an OrderedDict of tensors.
func (p *Pickle) StateDict(tensors ...Named) *Pickle {
	p.OrderedDict().Mark()
	for _, t := range tensors {
		p.Str(t.Name).Tensor(t.Tensor)
	}
	return p.Op('u')
}

// Floats are float32 values as they stand in a file.
func Floats(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// FloatStorage holds values under a key.
func FloatStorage(key string, values ...float32) Storage {
	return Storage{Class: "FloatStorage", Key: key, Numel: int64(len(values)), Data: Floats(values...)}
}

// Vector is a one-dimensional float32 tensor with a storage of its own.
func Vector(name, key string, values ...float32) Named {
	return Named{name, Tensor{Storage: FloatStorage(key, values...), Size: []int64{int64(len(values))}}}
}

// Must panics on an error.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint("checkpointtest: ", err))
	}
	return v
}
