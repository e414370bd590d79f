package torchfile

import (
	"encoding/binary"
	"io"
)

// aside is an object that stands beside the tensors of a training: a set, a device, its arguments. It is stepped over and
// never made; what it is made of is read and dropped.
type aside struct{}

// asides are the globals of such objects: what torch.load(weights_only=True) allows (torch 2.15), argparse's Namespace and
// numpy's scalars. A type of torch stands for itself, what the others are called with makes an aside.
var asides = map[global]bool{
	"torch.device": true, "collections.Counter": true, "_codecs.encode": true,
	"builtins.set": true, "builtins.complex": true, "builtins.bytearray": true, "builtins.bytes": true, "builtins.frozenset": true,
	"__builtin__.set": true, "__builtin__.complex": true, "__builtin__.bytearray": true, "__builtin__.bytes": true, "__builtin__.frozenset": true,
	"argparse.Namespace": true,
	"numpy.dtype":        true, "numpy.core.multiarray.scalar": true, "numpy._core.multiarray.scalar": true,
	"torch.per_tensor_affine": true, "torch.per_channel_affine": true, "torch.per_channel_affine_float_qparams": true,
}

// stepOver is a call of one of asides.
func stepOver(*unpickler, []any) (any, error) { return aside{}, nil }

// pushAside is an opcode that makes an object out of nothing.
func (u *unpickler) pushAside() error { return u.push(aside{}) }

// frozenSet closes a MARK, addItems puts what stands above one into a set.
func (u *unpickler) frozenSet() error {
	if _, err := u.popMark(); err != nil {
		return err
	}
	return u.pushAside()
}

func (u *unpickler) addItems() error {
	if _, err := u.popMark(); err != nil {
		return err
	}
	top, err := u.top()
	if err != nil {
		return err
	}
	if _, ok := top.(aside); !ok {
		return u.fail("the pickle adds items to %s, which is no set", describe(top))
	}
	return nil
}

// binBytes steps over bytes whose length has 1, 4 or 8 bytes.
func (u *unpickler) binBytes(size int) error {
	b, err := u.source.bytes(size)
	if err != nil {
		return err
	}
	var long [8]byte
	copy(long[:], b)
	n := binary.LittleEndian.Uint64(long[:])
	if n >= 1<<40 {
		return u.fail("the pickle has %d bytes in a row; no checkpoint needs that many", n)
	}
	read, err := io.CopyN(io.Discard, u.r, int64(n))
	u.pos += read
	if err != nil {
		return u.truncated(err)
	}
	return u.pushAside()
}

// frame is the length of what follows, by which other readers fetch a part of a file at once.
func (u *unpickler) frame() error {
	_, err := u.source.bytes(8)
	return err
}

// shortBinUnicode is the text of protocols from 4 on.
func (u *unpickler) shortBinUnicode() error { return u.shortBinString() }

// memoize puts the topmost value at the end of the memo.
func (u *unpickler) memoize() error {
	v, err := u.top()
	if err != nil {
		return err
	}
	return u.remember(uint32(len(u.memo)+len(u.far)), v)
}

// stackGlobal is global with its names on the stack.
func (u *unpickler) stackGlobal() error {
	at := u.pos - 1
	names, err := u.popN(2)
	if err != nil {
		return err
	}
	module, ok1 := names[0].(string)
	name, ok2 := names[1].(string)
	if !ok1 || !ok2 {
		return u.fail("a global is named by %s and %s, want strings", describe(names[0]), describe(names[1]))
	}
	if len(module) > maxLine || len(name) > maxLine {
		return u.fail("the name of a global is longer than %d bytes", maxLine)
	}
	return u.named(at, module, name)
}

// newObject is an object of a class before its state is set: one that is stepped over.
func (u *unpickler) newObject() error {
	items, err := u.popN(2)
	if err != nil {
		return err
	}
	g, ok := items[0].(global)
	if _, args := items[1].(*tuple); !ok || !args || !asides[g] {
		return u.fail("the pickle makes an object of %s with %s; only what stands beside the tensors may be stepped over", describe(items[0]), describe(items[1]))
	}
	return u.pushAside()
}
