package torchfile

import (
	"fmt"
	"strings"

	"resnet/internal/printable"
	"resnet/internal/tensor"
)

// elementTypes are the types that PyTorch 2.15 knows. Those without a storage class of their own come in bytes, with
// _rebuild_tensor_v3.
var elementTypes = map[global]bool{
	"torch.float64": true, "torch.float32": true, "torch.float16": true, "torch.bfloat16": true,
	"torch.int64": true, "torch.int32": true, "torch.int16": true, "torch.int8": true, "torch.uint8": true, "torch.bool": true,

	"torch.complex32": true, "torch.complex64": true, "torch.complex128": true,
	"torch.uint16": true, "torch.uint32": true, "torch.uint64": true,
	"torch.float8_e4m3fn": true, "torch.float8_e5m2": true, "torch.float8_e4m3fnuz": true, "torch.float8_e5m2fnuz": true,
	"torch.float8_e8m0fnu": true, "torch.float4_e2m1fn_x2": true,
	"torch.bits8": true, "torch.bits16": true, "torch.bits1x8": true, "torch.bits2x4": true, "torch.bits4x2": true,
	"torch.quint8": true, "torch.qint8": true, "torch.qint32": true, "torch.quint4x2": true, "torch.quint2x4": true,
}

// torchSize is torch.Size, which takes a tuple and is one.
func torchSize(_ *unpickler, args []any) (any, error) {
	if len(args) == 1 {
		if t, ok := args[0].(*tuple); ok {
			return t, nil
		}
	}
	return nil, fmt.Errorf("want one tuple")
}

// layoutOf finds a memory layout by its name.
func layoutOf(_ *unpickler, args []any) (any, error) {
	if len(args) == 1 {
		if s, ok := args[0].(string); ok && len(s) <= maxMetadata {
			return s, nil
		}
	}
	return nil, fmt.Errorf("want one name")
}

// unread is a tensor that is listed by its type and size.
func unread(dtype tensor.DType, size any) (any, error) {
	t, ok := size.(*tuple)
	if !ok {
		return nil, fmt.Errorf("the size is %s, want a tuple", describe(size))
	}
	sizes, err := t.ints("the size")
	if err != nil {
		return nil, err
	}
	return unreadTensor(dtype, sizes)
}

// dtypeOf is the type that a global names.
func dtypeOf(v any) (tensor.DType, error) {
	g, ok := v.(global)
	if !ok || !elementTypes[g] {
		return "", fmt.Errorf("the type is %s", describe(v))
	}
	return tensor.DType(strings.TrimPrefix(string(g), "torch.")), nil
}

// rebuildTensorV3 takes (bytes, offset, size, stride, requires_grad, hooks, type) for a type without a storage class.
func rebuildTensorV3(_ *unpickler, args []any) (any, error) {
	if len(args) != 7 && len(args) != 8 {
		return nil, fmt.Errorf("%d arguments, want 7 or 8", len(args))
	}
	dtype, err := dtypeOf(args[6])
	if err != nil {
		return nil, err
	}
	if dtype.Size() > 0 {
		return nil, fmt.Errorf("a tensor of %s in bytes without a type", dtype)
	}
	return unread(dtype, args[2])
}

// rebuildQuantized takes (storage, offset, size, stride, quantizer, requires_grad, hooks).
func rebuildQuantized(_ *unpickler, args []any) (any, error) {
	if len(args) != 7 {
		return nil, fmt.Errorf("%d arguments, want 7", len(args))
	}
	s, ok := args[0].(*storage)
	if !ok || s.dtype.Size() > 0 {
		return nil, fmt.Errorf("the storage is %s, which is not quantized", describe(args[0]))
	}
	return unread(s.dtype, args[2])
}

// rebuildSparse takes (layout, (indices, values, size, …)); where rows are compressed there are two tensors of indices.
func rebuildSparse(_ *unpickler, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("%d arguments, want 2", len(args))
	}
	layout, ok := args[0].(string)
	data, isTuple := args[1].(*tuple)
	if !ok || !isTuple {
		return nil, fmt.Errorf("the layout is %s, the data %s", describe(args[0]), describe(args[1]))
	}
	for _, part := range data.items {
		if _, ok := part.(*tuple); ok {
			return unread(tensor.DType(printable.Name(strings.TrimPrefix(layout, "torch."))), part)
		}
	}
	return nil, fmt.Errorf("the data has no size")
}

// rebuildNested takes (buffer, sizes, strides, offsets): tensors of several sizes in one, which has none.
func rebuildNested(_ *unpickler, args []any) (any, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("%d arguments, want 4", len(args))
	}
	buffer, ok := args[0].(*tensorRecord)
	if !ok {
		return nil, fmt.Errorf("the buffer is %s", describe(args[0]))
	}
	return unreadTensor("nested", buffer.size)
}

// rebuildMeta takes (type, size, stride, requires_grad): a tensor of the meta device, which has no values.
func rebuildMeta(_ *unpickler, args []any) (any, error) {
	if len(args) != 4 {
		return nil, fmt.Errorf("%d arguments, want 4", len(args))
	}
	if _, err := dtypeOf(args[0]); err != nil {
		return nil, err
	}
	return unread("meta", args[1])
}
