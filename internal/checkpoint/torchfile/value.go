package torchfile

import (
	"fmt"
	"strconv"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// What the interpreter builds: nil, bool, int64, float64 and string stand for themselves; the rest is below.
type (
	long   string // an integer of 9 to 16 bytes, little-endian
	global string // a name of the allow-list

	tuple struct{ items []any }
	list  struct{ items []any }

	// dict keeps its insertion order. It is an OrderedDict as well: nothing here tells the two apart.
	dict struct {
		items []pair
		seen  map[any]bool // string and int64 keys; nil while there are few
		open  bool         // is being walked: meeting it again is a cycle
	}
	pair struct{ key, value any }
)

// linearKeys is up to how many keys a dict is searched instead of indexed: every tensor brings an empty one.
const linearKeys = 8

// has reports whether a string or int64 key is in the dict.
func (d *dict) has(key any) bool {
	if d.seen != nil {
		return d.seen[key]
	}
	for _, p := range d.items {
		if p.key == key {
			return true
		}
	}
	return false
}

func (d *dict) set(key, value any) {
	d.items = append(d.items, pair{key, value})
	if d.seen != nil {
		d.seen[key] = true
		return
	}
	if len(d.items) > linearKeys {
		d.seen = make(map[any]bool, 2*len(d.items))
		for _, p := range d.items {
			switch p.key.(type) {
			case string, int64:
				d.seen[p.key] = true
			}
		}
	}
}

// describe names a value's type for an error.
func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		return "a bool"
	case int64, long:
		return "an int"
	case float64:
		return "a float"
	case string:
		return "a string"
	case global:
		return "the global " + string(v)
	case *tuple:
		return "a tuple"
	case *list:
		return "a list"
	case *dict:
		return "a dict"
	case aside:
		return "an object beside the tensors"
	case *storage:
		return "a storage"
	case *tensorRecord:
		return "a tensor"
	}
	return fmt.Sprintf("a %T", v)
}

// ints reads a tuple of integers that are not negative: a size or a stride.
func (t *tuple) ints(what string) ([]int64, error) {
	if len(t.items) > format.MaxDims {
		return nil, fmt.Errorf("%s has more than %d dimensions", what, format.MaxDims)
	}
	out := make([]int64, len(t.items))
	for i, v := range t.items {
		n, ok := v.(int64)
		if !ok || n < 0 {
			return nil, fmt.Errorf("%s has a dimension that is %v, which must be an integer ≥ 0", what, shown(v))
		}
		out[i] = n
	}
	return out, nil
}

// quoted prints a key.
func quoted(key any) string {
	if s, ok := key.(string); ok {
		return strconv.Quote(s)
	}
	return shown(key)
}

// shown prints an integer, and of anything else its type.
func shown(v any) string {
	if n, ok := v.(int64); ok {
		return fmt.Sprint(n)
	}
	return describe(v)
}

// element is the type of a storage's elements, and how many bytes each takes.
type element struct {
	dtype tensor.DType
	size  int64
}

// storageTypes are the storage classes that a checkpoint may name. Tensors of the last ones are listed and not read.
var storageTypes = map[global]element{
	"torch.DoubleStorage":   {tensor.Float64, 8},
	"torch.FloatStorage":    {tensor.Float32, 4},
	"torch.HalfStorage":     {tensor.Float16, 2},
	"torch.BFloat16Storage": {tensor.BFloat16, 2},
	"torch.LongStorage":     {tensor.Int64, 8},
	"torch.IntStorage":      {tensor.Int32, 4},
	"torch.ShortStorage":    {tensor.Int16, 2},
	"torch.CharStorage":     {tensor.Int8, 1},
	"torch.ByteStorage":     {tensor.UInt8, 1},
	"torch.BoolStorage":     {tensor.Bool, 1},

	"torch.ComplexFloatStorage":    {"complex64", 8},
	"torch.ComplexDoubleStorage":   {"complex128", 16},
	"torch.QUInt8Storage":          {"quint8", 1},
	"torch.QInt8Storage":           {"qint8", 1},
	"torch.QInt32Storage":          {"qint32", 4},
	"torch.QUInt4x2Storage":        {"quint4x2", 1},
	"torch.QUInt2x4Storage":        {"quint2x4", 1},
	"torch.storage.UntypedStorage": {"untyped", 1},
}
