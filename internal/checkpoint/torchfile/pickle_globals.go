package torchfile

import (
	"errors"
	"fmt"
	"strings"

	"resnet/internal/checkpoint/format"
	"resnet/internal/printable"
)

// calls is the allow-list of what REDUCE may call; with the storage types, element types and asides these are all globals
// there are.
var calls map[global]func(u *unpickler, args []any) (any, error)

func init() { // rebuildFromType looks into calls itself
	calls = map[global]func(u *unpickler, args []any) (any, error){
		"collections.OrderedDict":                    orderedDict,
		"torch.Size":                                 torchSize,
		"torch.serialization._get_layout":            layoutOf,
		"torch._utils._rebuild_tensor":               rebuildTensor,
		"torch._utils._rebuild_tensor_v2":            rebuildTensorV2,
		"torch._utils._rebuild_parameter":            rebuildParameter,
		"torch._utils._rebuild_parameter_with_state": rebuildParameter,
		"torch._tensor._rebuild_from_type":           rebuildFromType,
		"torch._tensor._rebuild_from_type_v2":        rebuildFromType,

		"torch._utils._rebuild_tensor_v3":              rebuildTensorV3,
		"torch._utils._rebuild_qtensor":                rebuildQuantized,
		"torch._utils._rebuild_sparse_tensor":          rebuildSparse,
		"torch._utils._rebuild_sparse_csr_tensor":      rebuildSparse,
		"torch._utils._rebuild_nested_tensor":          rebuildNested,
		"torch._utils._rebuild_meta_tensor_no_storage": rebuildMeta,
	}
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
	if !callable && !isStorage && !elementTypes[g] && !tensorTypes[g] && !asides[g] {
		u.pos = at
		return u.fail("global not allowed: %s; %s", printable.Name(string(g)), wayOut(g))
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
