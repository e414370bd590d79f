package torchfile

import (
	"fmt"
	"strconv"

	"resnet/internal/checkpoint/format"
)

// A tree gives every tensor of the unpickled object its path: the keys that lead to it, joined by dots, such as
// "state_dict.conv1.weight" or "optimizer.state.0.momentum_buffer".
type tree struct {
	u        *unpickler // for errors and the memory budget while walking
	names    []string
	tensors  map[string]*tensorRecord
	metadata map[string]string // numbers and short strings beside the tensors: epoch, arch, …
	warnings []string
	skipped  int
}

// maxMetadata bounds a string that is kept as metadata.
const maxMetadata = 256

// newTree walks the object that a pickle left.
func newTree(u *unpickler, root any) (*tree, error) {
	t := &tree{u: u, tensors: map[string]*tensorRecord{}, metadata: map[string]string{}}
	switch root := root.(type) {
	case *dict:
		for _, p := range root.items {
			t.keep(p)
		}
	case *list, *tuple:
	default:
		return nil, u.fail("the file holds %s, not a dict of tensors; %s", describe(root), resave)
	}
	if err := t.walk("", root, 0); err != nil {
		return nil, err
	}
	if t.skipped > 0 {
		t.warnings = append(t.warnings, fmt.Sprintf("%d tensors are skipped because their keys are not strings", t.skipped))
	}
	t.u = nil
	return t, nil
}

// keep notes a scalar of the outermost dict.
func (t *tree) keep(p pair) {
	key, ok := p.key.(string)
	if !ok || len(key) > maxMetadata {
		return
	}
	switch v := p.value.(type) {
	case string:
		if len(v) <= maxMetadata {
			t.metadata[key] = v
		}
	case int64, float64, bool:
		t.metadata[key] = fmt.Sprint(v)
	}
}

func (t *tree) walk(path string, v any, depth int) error {
	if depth > limits.nesting {
		return t.u.fail("containers nest deeper than %d", limits.nesting)
	}
	if err := t.u.spend(16); err != nil { // a container that stands in two places is walked twice
		return err
	}
	switch v := v.(type) {
	case *dict:
		return t.walkDict(path, v, depth)
	case *list:
		return t.walkItems(path, v.items, depth)
	case *tuple:
		return t.walkItems(path, v.items, depth)
	case *tensorRecord:
		return t.add(path, v)
	}
	return nil
}

func (t *tree) walkDict(path string, d *dict, depth int) error {
	if d.open {
		return t.u.fail("the dict at %q contains itself", path)
	}
	d.open = true
	defer func() { d.open = false }()
	for _, p := range d.items {
		if !holds(p.value) {
			continue
		}
		key, ok := p.key.(string)
		if n, isInt := p.key.(int64); isInt {
			if _, leaf := p.value.(*tensorRecord); !leaf { // an optimizer numbers the states of its parameters
				key, ok = strconv.FormatInt(n, 10), true
			}
		}
		if !ok {
			t.skipped++
			continue
		}
		if err := t.child(path, key, p.value, depth); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) walkItems(path string, items []any, depth int) error {
	for i, item := range items {
		if !holds(item) {
			continue
		}
		if err := t.child(path, strconv.Itoa(i), item, depth); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) child(path, key string, v any, depth int) error {
	if path != "" {
		key = path + "." + key
	}
	if err := t.u.spend(16 + int64(len(key))); err != nil {
		return err
	}
	return t.walk(key, v, depth+1)
}

// holds reports whether there can be tensors in a value.
func holds(v any) bool {
	switch v.(type) {
	case *dict, *list, *tuple, *tensorRecord:
		return true
	}
	return false
}

func (t *tree) add(name string, record *tensorRecord) error {
	if _, twice := t.tensors[name]; twice {
		return t.u.fail("two tensors have the name %q", name)
	}
	if len(t.names) == format.MaxTensors {
		return t.u.fail("more than %d tensors", format.MaxTensors)
	}
	t.names = append(t.names, name)
	t.tensors[name] = record
	return t.u.spend(192)
}
