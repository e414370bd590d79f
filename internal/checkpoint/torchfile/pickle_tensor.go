package torchfile

import (
	"fmt"
	"strings"
)

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
	if err == nil && t.storage != nil && t.numel > s.numel {
		// Of a view with more elements than its storage (a stride of 0 makes such) a pickle may have as many as of other
		// objects: what is made of it must not be of any size.
		err = u.spend(min(t.numel, limits.memory) * s.size)
	}
	return t, err
}

// rebuildTensorV2 takes two further arguments, requires_grad and hooks, and a seventh that may say that the values are to be
// negated or conjugated: such a view is not read.
func rebuildTensorV2(u *unpickler, args []any) (any, error) {
	if len(args) != 6 && len(args) != 7 {
		return nil, fmt.Errorf("%d arguments, want 6 or 7", len(args))
	}
	if err := gradient(args[4], args[5]); err != nil {
		return nil, err
	}
	if len(args) == 7 {
		meta, ok := args[6].(*dict)
		if args[6] != nil && !ok {
			return nil, fmt.Errorf("the seventh argument is %s", describe(args[6]))
		}
		if ok && len(meta.items) > 0 {
			return unread("negated", args[2])
		}
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

// rebuildParameter takes (tensor, requires_grad, hooks), and a fourth argument for attributes that somebody gave it.
func rebuildParameter(u *unpickler, args []any) (any, error) {
	if len(args) != 3 && len(args) != 4 {
		return nil, fmt.Errorf("%d arguments, want 3 or 4", len(args))
	}
	t, ok := args[0].(*tensorRecord)
	if !ok {
		return nil, fmt.Errorf("the data is %s, not a tensor", describe(args[0]))
	}
	return t, gradient(args[1], args[2])
}

// tensorTypes are the types of a tensor with attributes; they change no value.
var tensorTypes = map[global]bool{
	"torch.Tensor": true, "torch.nn.parameter.Parameter": true, "torch.nn.parameter.Buffer": true,
}

// rebuildFromType takes (function, type, arguments, attributes): a tensor that somebody gave attributes, a Buffer.
func rebuildFromType(u *unpickler, args []any) (any, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("%d arguments, want 4", len(args))
	}
	function, _ := args[0].(global)
	kind, _ := args[1].(global)
	of, ok := args[2].(*tuple)
	if !strings.HasPrefix(string(function), "torch._utils._rebuild_") || !tensorTypes[kind] || !ok {
		return nil, fmt.Errorf("%s of %s by %s", describe(args[2]), describe(args[1]), describe(args[0]))
	}
	return calls[function](u, of.items)
}
