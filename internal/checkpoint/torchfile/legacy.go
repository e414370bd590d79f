package torchfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"resnet/internal/checkpoint/format"
)

// LegacyName is the format's name in errors.
const LegacyName = "PyTorch legacy"

// magic is the first pickle of a legacy file: the integer 0x1950a86a20f9469cfc6c.
const magic = long("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19")

const legacyVersion = 1001

// SniffLegacy looks for the magic number; the bytes before it depend on the pickle protocol.
func SniffLegacy(head []byte, _ int64) bool {
	return len(head) > 0 && head[0] == 0x80 && bytes.Contains(head[:min(len(head), 32)], []byte(magic))
}

// OpenLegacy opens what torch.save wrote before PyTorch 1.6: five pickles (a magic number, a version, the system, the
// object, the keys of the storages) and then the storages in the order of the keys, each a count of its elements and
// the elements, always little-endian.
func OpenLegacy(r io.ReaderAt, size int64) (*File, error) {
	u := &unpickler{source: newSource(io.NewSectionReader(r, 0, size), 0, LegacyName)}
	all := &legacyStorages{storages: storages{}, views: map[string]*storage{}}
	for _, want := range []struct {
		what  string
		value any
	}{{"magic number", magic}, {"version", int64(legacyVersion)}} {
		v, err := u.load()
		if err != nil {
			return nil, err
		}
		if v != want.value {
			return nil, u.fail("the %s is not %v", want.what, want.value)
		}
	}
	if _, err := u.load(); err != nil { // the system: the sizes of its integers, which change nothing
		return nil, err
	}
	u.persistent = all.persistent
	object, err := u.load()
	if err != nil {
		return nil, err
	}
	tree, err := newTree(u, object)
	if err != nil {
		return nil, err
	}
	u.persistent = nil
	keys, err := u.load()
	if err != nil {
		return nil, err
	}
	if err := all.place(u, keys, r, size); err != nil {
		return nil, err
	}
	return &File{format: LegacyName, tree: tree}, nil
}

type legacyStorages struct {
	storages
	views map[string]*storage
}

// persistent resolves ("storage", class, key, location, elements, view). A view, which files of 2017 have, is a part of
// the storage: (key, offset, elements).
func (l *legacyStorages) persistent(id *tuple) (*storage, error) {
	of, key, numel, err := storageID(id, 6)
	if err != nil {
		return nil, err
	}
	root, _, err := l.use(of, key, numel)
	if err != nil || id.items[5] == nil {
		return root, err
	}
	view, ok := id.items[5].(*tuple)
	if !ok || len(view.items) != 3 {
		return nil, fmt.Errorf("storage %q: the view is %s, want three values", key, describe(id.items[5]))
	}
	name, ok := view.items[0].(string)
	offset, ok1 := view.items[1].(int64)
	count, ok2 := view.items[2].(int64)
	if !ok || !ok1 || !ok2 || offset < 0 || count < 0 || offset > root.numel || count > root.numel-offset {
		return nil, fmt.Errorf("storage %q: the view is not a part of its %d elements", key, root.numel)
	}
	if seen := l.views[name]; seen != nil {
		if seen.root != root || seen.base != offset || seen.numel != count {
			return nil, fmt.Errorf("storage %q: the view %q is described in two ways", key, name)
		}
		return seen, nil
	}
	s := &storage{key: name, element: of, numel: count, root: root, base: offset}
	l.views[name] = s
	return s, nil
}

// place gives the storages their places behind the last pickle; they must fill the file.
func (l *legacyStorages) place(u *unpickler, keys any, r io.ReaderAt, size int64) error {
	list, ok := keys.(*list)
	if !ok {
		return u.fail("the keys of the storages are %s, not a list", describe(keys))
	}
	at := u.pos
	for _, item := range list.items {
		key, ok := item.(string)
		s := l.storages[key]
		switch {
		case !ok || s == nil:
			return u.fail("the list of storages names %s %q, which no tensor uses", describe(item), key)
		case s.record != nil:
			return u.fail("the list of storages names %q twice", key)
		case s.bytes() > size-at-8 || at > size-8:
			return format.Errorf(LegacyName, at, "storage %q has %d bytes, the file only %d more (truncated download?)", key, s.bytes(), size-at)
		}
		s.record = legacyRecord{r, at, s}
		at += 8 + s.bytes()
	}
	if len(list.items) < len(l.storages) {
		return u.fail("the tensors use %d storages, the list of storages names %d", len(l.storages), len(list.items))
	}
	if at != size {
		return format.Errorf(LegacyName, at, "%d bytes follow the last storage", size-at)
	}
	return nil
}

// legacyRecord is a storage behind the pickles: 8 bytes with the number of elements, then the elements.
type legacyRecord struct {
	r       io.ReaderAt
	at      int64
	storage *storage
}

func (l legacyRecord) open() (io.Reader, error) {
	var b [8]byte
	if _, err := l.r.ReadAt(b[:], l.at); err != nil {
		return nil, format.Truncated(err, LegacyName, l.at, "a storage")
	}
	if n := int64(binary.LittleEndian.Uint64(b[:])); n != l.storage.numel {
		return nil, format.Errorf(LegacyName, l.at, "storage %q has %d elements, its tensors expect %d", l.storage.key, n, l.storage.numel)
	}
	return io.NewSectionReader(l.r, l.at+8, l.storage.bytes()), nil
}

func (l legacyRecord) direct() (io.ReaderAt, bool) {
	return io.NewSectionReader(l.r, l.at+8, l.storage.bytes()), true
}
