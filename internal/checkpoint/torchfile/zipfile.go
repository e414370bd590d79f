package torchfile

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"resnet/internal/checkpoint/format"
)

// SniffZip reports whether a file with these first bytes is a zip file.
func SniffZip(head []byte, _ int64) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// The versions of the archive layout that torch.load reads.
const (
	minVersion = 1
	maxVersion = 10
)

// OpenZip opens what torch.save writes since PyTorch 1.6: a zip file with ROOT/data.pkl, which describes the tensors, and
// ROOT/data/KEY, which hold them. It reads the directory and data.pkl; all else that the file may contain is ignored.
func OpenZip(r io.ReaderAt, size int64) (*File, error) {
	dir, err := readZipDir(r, size)
	if err != nil {
		return nil, err
	}
	root, err := dir.root()
	if err != nil {
		return nil, err
	}
	f := &File{format: ZipName, checksums: dir.crcs}
	if err := dir.checkVersion(root); err != nil {
		return nil, err
	}
	if f.bigEndian, err = dir.bigEndian(root); err != nil {
		return nil, err
	}
	if f.tree, err = dir.unpickle(root); err != nil {
		return nil, err
	}
	return f, nil
}

// root is the directory, with its slash, of the one data.pkl, in which the first entry must lie too.
func (d *zipDir) root() (string, error) {
	var found []string
	for _, e := range d.entries {
		root, rest, _ := strings.Cut(e.name, "/")
		if rest == "data.pkl" {
			found = append(found, root+"/")
		}
	}
	switch {
	case len(found) == 0:
		return "", d.foreign()
	case len(found) > 1:
		return "", zipError(-1, "%d entries are a data.pkl: %q and %q", len(found), found[0], found[1])
	case !strings.HasPrefix(d.entries[0].name, found[0]):
		return "", zipError(-1, "the first entry, %q, is not below %q as data.pkl is", d.entries[0].name, found[0])
	}
	root := found[0]
	for _, e := range d.entries {
		if e.name == root+"constants.pkl" || strings.HasPrefix(e.name, root+"code/") {
			return "", &format.Foreign{Err: format.Errorf(ZipName, -1, "a TorchScript archive, which holds a program"), Python: torchScript}
		}
	}
	return root, nil
}

// Python that takes the tensors out of files which are read elsewhere alone (torch 2.15, numpy 2.4, safetensors 0.8).
const (
	torchScript = `import sys, torch; from safetensors.torch import save_file; save_file({k: v.contiguous() for k, v in torch.jit.load(sys.argv[1], map_location="cpu").state_dict().items()}, sys.argv[2])`
	exported    = `import sys, torch; from safetensors.torch import save_file; save_file({k: v.contiguous() for k, v in torch.export.load(sys.argv[1]).state_dict.items()}, sys.argv[2])`
	arrays      = `import sys, numpy; from safetensors.numpy import save_file; save_file(dict(numpy.load(sys.argv[1])), sys.argv[2])`
)

// foreign is the error of an archive without a data.pkl: what it is, where that can be told.
func (d *zipDir) foreign() error {
	npz, pt2 := len(d.entries) > 0, false
	for _, e := range d.entries {
		npz = npz && strings.HasSuffix(e.name, ".npy")
		pt2 = pt2 || strings.HasSuffix(e.name, "/archive_format") || strings.Contains(e.name, "/data/weights/weight_")
	}
	const no = "a zip file, but no checkpoint: there is no data.pkl in it"
	switch {
	case npz:
		return &format.Foreign{Err: format.Errorf(ZipName, -1, no+"; it is NumPy's .npz"), Python: arrays}
	case pt2:
		return &format.Foreign{Err: format.Errorf(ZipName, -1, no+"; it is a program of torch.export (.pt2)"), Python: exported}
	}
	return zipError(-1, no)
}

// small reads an entry that has at most a few bytes.
func (d *zipDir) small(name string) (text string, ok bool, err error) {
	e := d.byName[name]
	if e == nil {
		return "", false, nil
	}
	if e.size > 32 {
		return "", false, zipError(e.header, "entry %q has %d bytes", name, e.size)
	}
	r, err := zipRecord{d, e}.open()
	if err != nil {
		return "", false, err
	}
	b, err := io.ReadAll(r)
	return string(b), err == nil, err
}

func (d *zipDir) checkVersion(root string) error {
	text, ok, err := d.small(root + "version")
	if err != nil {
		return err
	}
	version, bad := strconv.Atoi(strings.TrimRight(text, "\n"))
	if !ok || bad != nil || version < minVersion || version > maxVersion {
		return zipError(-1, "the version of the archive is %q; %d to %d are read", text, minVersion, maxVersion)
	}
	return nil
}

func (d *zipDir) bigEndian(root string) (bool, error) {
	order, ok, err := d.small(root + "byteorder")
	switch {
	case err != nil:
		return false, err
	case !ok || order == "little": // files before PyTorch 2.1 do not say it
		return false, nil
	case order == "big":
		return true, nil
	}
	return false, zipError(-1, "the byte order is %q; want little or big", order)
}

func (d *zipDir) unpickle(root string) (*tree, error) {
	entry := zipRecord{d, d.byName[root+"data.pkl"]}
	data, err := entry.open()
	if err != nil {
		return nil, err
	}
	start := int64(0) // where a compressed pickle has no place in the file
	if entry.entry.method == 0 {
		if start, err = entry.dataStart(); err != nil {
			return nil, err
		}
	}
	u := &unpickler{source: newSource(data, start, ZipName)}
	all := storages{}
	u.persistent = func(id *tuple) (*storage, error) { return d.storage(all, root, id) }
	t, err := loadTree(u)
	if err != nil {
		// Damage, where there is a checksum to show it, explains a pickle that makes no sense.
		if _, damaged := io.Copy(io.Discard, u.r); damaged != nil {
			return nil, damaged
		}
		return nil, err
	}
	return t, nil
}

// loadTree interprets a pickle that must end with the data.
func loadTree(u *unpickler) (*tree, error) {
	root, err := u.load()
	if err != nil {
		return nil, err
	}
	if _, err := u.r.ReadByte(); err == nil {
		return nil, u.fail("bytes follow the end of the pickle")
	} else if err != io.EOF {
		return nil, err
	}
	return newTree(u, root)
}

// storage resolves a persistent id to an entry, whose size must be the storage's.
func (d *zipDir) storage(all storages, root string, id *tuple) (*storage, error) {
	of, key, numel, err := storageID(id, 5)
	if err != nil {
		return nil, err
	}
	s, isNew, err := all.use(of, key, numel)
	if err != nil || !isNew {
		return s, err
	}
	e := d.byName[root+"data/"+key]
	if e == nil {
		return nil, fmt.Errorf("storage %q: there is no entry %q", key, root+"data/"+key)
	}
	if e.size != s.bytes() {
		return nil, fmt.Errorf("storage %q: entry %q has %d bytes, %d of %s take %d", key, e.name, e.size, numel, of.dtype, s.bytes())
	}
	s.record = zipRecord{d, e}
	return s, nil
}
