package torchfile

import (
	"errors"
	"fmt"
	"strings"

	"resnet/internal/checkpoint/format"
)

// calls is the allow-list of what REDUCE may call; with the storage types and asides these are all globals there are.
var calls = map[global]func(u *unpickler, args []any) (any, error){
	"collections.OrderedDict":         orderedDict,
	"torch._utils._rebuild_tensor":    rebuildTensor,
	"torch._utils._rebuild_tensor_v2": rebuildTensorV2,
	"torch._utils._rebuild_parameter": rebuildParameter,
}

// resave is the way out for a file that holds more than tensors, which it follows in a sentence.
const resave = `save them alone: torch.save(model.state_dict(), "weights.pth")`

// global pushes a name. It is looked up in two tables; nothing is imported.
func (u *unpickler) global() error {
	at := u.pos - 1
	module, err := u.line()
	if err != nil {
		return err
	}
	name, err := u.line()
	if err != nil {
		return err
	}
	return u.named(at, module, name)
}

// named is global for a name that stands at a place of the file.
func (u *unpickler) named(at int64, module, name string) error {
	g := global(module + "." + name)
	_, callable := calls[g]
	_, isStorage := storageTypes[g]
	if !callable && !isStorage && !asides[g] {
		u.pos = at
		return u.fail("global not allowed: %s; %s", printable(string(g)), wayOut(g))
	}
	return u.build(16+int64(len(g)), g)
}

// wayOut says what can be done about a global.
func wayOut(g global) string {
	if strings.HasPrefix(string(g), "torch.") && (strings.HasSuffix(string(g), "Storage") || strings.Contains(string(g), "._rebuild_")) {
		return "tensors of this kind are not read"
	}
	return "only tensors are read; " + resave
}

// printable keeps control characters of a hostile name off the terminal.
func printable(name string) string {
	if quoted := fmt.Sprintf("%q", name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}

// persID resolves a storage: ("storage", class, key, location, elements) and in legacy files a sixth value.
func (u *unpickler) persID() error {
	items, err := u.popN(1)
	if err != nil {
		return err
	}
	id, ok := items[0].(*tuple)
	if !ok {
		return u.fail("a persistent id is %s, not a tuple", describe(items[0]))
	}
	if u.persistent == nil {
		return u.fail("this pickle is no place for a storage")
	}
	s, err := u.persistent(id)
	if err != nil {
		return u.fail("%v", err)
	}
	return u.build(192, s)
}

func (u *unpickler) reduce() error {
	items, err := u.popN(2)
	if err != nil {
		return err
	}
	g, _ := items[0].(global)
	call := calls[g]
	if asides[g] {
		call = stepOver
	}
	args, ok := items[1].(*tuple)
	if call == nil || !ok {
		return u.fail("the pickle calls %s with %s; only the functions that rebuild tensors are allowed", describe(items[0]), describe(items[1]))
	}
	v, err := call(u, args.items)
	if _, ok := errors.AsType[*format.Error](err); ok {
		return err
	}
	if err != nil {
		return u.fail("%s: %v", g[strings.LastIndex(string(g), ".")+1:], err)
	}
	return u.build(256, v)
}

// buildState drops the state of an OrderedDict: a state dict carries the versions of its modules there.
func (u *unpickler) buildState() error {
	items, err := u.popN(1)
	if err != nil {
		return err
	}
	top, err := u.top()
	if err != nil {
		return err
	}
	if _, ok := top.(aside); ok {
		return nil
	}
	_, onDict := top.(*dict)
	_, fromDict := items[0].(*dict)
	if !onDict || !fromDict {
		return u.fail("the pickle sets the state of %s with %s; only an OrderedDict has one", describe(top), describe(items[0]))
	}
	return nil
}

// orderedDict makes a dict, empty or, as Python 2 wrote it, of a list of pairs.
func orderedDict(u *unpickler, args []any) (any, error) {
	d := &dict{}
	if len(args) == 0 {
		return d, nil
	}
	pairs, ok := args[0].(*list)
	if !ok || len(args) != 1 {
		return nil, fmt.Errorf("want no arguments or a list of pairs")
	}
	for _, item := range pairs.items {
		var kv []any
		switch item := item.(type) {
		case *list:
			kv = item.items
		case *tuple:
			kv = item.items
		}
		if len(kv) != 2 {
			return nil, fmt.Errorf("want a list of pairs, one is %s", describe(item))
		}
		key, ok := kv[0].(string)
		if !ok {
			return nil, fmt.Errorf("a key is %s", describe(kv[0]))
		}
		if d.has(key) {
			return nil, fmt.Errorf("the key %q stands twice", key)
		}
		d.set(key, kv[1])
		if err := u.spend(96); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// rebuildTensor takes (storage, offset, size, stride).
func rebuildTensor(u *unpickler, args []any) (any, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("%d arguments, want 4", len(args))
	}
	s, ok := args[0].(*storage)
	if !ok {
		return nil, fmt.Errorf("the storage is %s", describe(args[0]))
	}
	offset, ok := args[1].(int64)
	if !ok {
		return nil, fmt.Errorf("the storage offset is %s", describe(args[1]))
	}
	size, ok1 := args[2].(*tuple)
	stride, ok2 := args[3].(*tuple)
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("size and stride are %s and %s, want tuples", describe(args[2]), describe(args[3]))
	}
	sizes, err := size.ints("the size")
	if err != nil {
		return nil, err
	}
	strides, err := stride.ints("the stride")
	if err != nil {
		return nil, err
	}
	t, err := newTensorRecord(s, offset, sizes, strides)
	if err == nil && t.numel > s.numel {
		// Of a view with more elements than its storage (a stride of 0 makes such) a pickle may have as many as of other
		// objects: what is made of it must not be of any size.
		err = u.spend(min(t.numel, limits.memory) * int64(s.dtype.Size()))
	}
	return t, err
}

// rebuildTensorV2 takes two further arguments, requires_grad and hooks, and a seventh that may say that the values are to be
// negated or conjugated.
func rebuildTensorV2(u *unpickler, args []any) (any, error) {
	if len(args) != 6 && len(args) != 7 {
		return nil, fmt.Errorf("%d arguments, want 6 or 7", len(args))
	}
	if len(args) == 7 {
		meta, ok := args[6].(*dict)
		if args[6] != nil && (!ok || len(meta.items) > 0) {
			return nil, fmt.Errorf("the tensor is a negated or conjugated view; call resolve_neg() before saving")
		}
	}
	if err := gradient(args[4], args[5]); err != nil {
		return nil, err
	}
	return rebuildTensor(u, args[:4])
}

// gradient checks two arguments that change nothing: whether the tensor wants a gradient, and the hooks of that.
func gradient(required, hooks any) error {
	_, isBool := required.(bool)
	_, isDict := hooks.(*dict)
	if !isBool || !isDict && hooks != nil {
		return fmt.Errorf("requires_grad is %s, the hooks are %s", describe(required), describe(hooks))
	}
	return nil
}

// rebuildParameter takes (tensor, requires_grad, hooks).
func rebuildParameter(u *unpickler, args []any) (any, error) {
	if len(args) != 3 {
		return nil, fmt.Errorf("%d arguments, want 3", len(args))
	}
	t, ok := args[0].(*tensorRecord)
	if !ok {
		return nil, fmt.Errorf("the data is %s, not a tensor", describe(args[0]))
	}
	return t, gradient(args[1], args[2])
}
