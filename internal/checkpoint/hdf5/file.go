// Package hdf5 reads HDF5 files as Keras writes them through h5py: groups, attributes of text, and datasets of numbers
// that are stored in one piece, in the header, or in chunks that are shuffled and compressed with deflate (The HDF Group,
// "HDF5 File Format Specification", version 3.0).
//
// It reads what h5py writes by default, and what it writes with the newer object headers (libver="v108" and later) as
// long as a group's links and an object's attributes stand in its header. All else is refused by name: links in a
// fractal heap, links to other files, other filters, big-endian numbers.
package hdf5

import (
	"encoding/binary"
	"io"

	"resnet/internal/checkpoint/format"
)

// Name is the format's name in errors.
const Name = "HDF5"

// Signature begins every file.
const Signature = "\x89HDF\r\n\x1a\n"

// Sniff reports whether a file that begins with head is an HDF5 file.
func Sniff(head []byte, _ int64) bool {
	return len(head) >= len(Signature) && string(head[:len(Signature)]) == Signature
}

// undefined is an address that says that there is nothing.
const undefined = ^uint64(0)

// maxDepth bounds how deep groups, and the trees that list their members, go. Keras nests a model within a model.
const maxDepth = 32

// A File is an opened HDF5 file. It may be used by several goroutines.
type File struct {
	Root *Group

	r    io.ReaderAt
	size int64
}

// A Group is a directory: it has attributes, groups and datasets.
type Group struct {
	Path     string // "/" for the root
	Attrs    map[string][]string
	Groups   []*Group
	Datasets []*Dataset
}

// Group gives the group of that name in g, or nil.
func (g *Group) Group(name string) *Group {
	for _, child := range g.Groups {
		if child.Path == join(g.Path, name) {
			return child
		}
	}
	return nil
}

// Attr gives the text of an attribute, and "" where there is none.
func (g *Group) Attr(name string) string {
	if text := g.Attrs[name]; len(text) > 0 {
		return text[0]
	}
	return ""
}

// Open reads all groups, attributes and the descriptions of all datasets of a file of size bytes. Attributes that are no
// text are left out.
func Open(r io.ReaderAt, size int64) (*File, error) {
	w := &walker{source: source{r: r, size: size, left: size + 1<<20}, seen: map[int64]bool{}, heaps: map[int64]collection{}}
	root, err := w.superblock()
	if err != nil {
		return nil, err
	}
	f := &File{r: r, size: size}
	f.Root, err = w.root(root)
	return f, err
}

// A source reads pieces of a file's description. Each is read once: together they cannot be more than the file, however
// often what is in it points at the same bytes.
type source struct {
	r    io.ReaderAt
	size int64
	left int64 // bytes that may be read yet
}

// at reads n bytes at an address.
func (s *source) at(address uint64, n int64, what string) (*cursor, error) {
	if address > uint64(s.size) || n < 0 || n > s.size-int64(address) {
		return nil, format.Errorf(Name, -1, "%s of %d bytes at %d lies outside the file of %d bytes (truncated download?)", what, n, address, s.size)
	}
	if s.left -= n; s.left < 0 {
		return nil, format.Errorf(Name, int64(address), "the descriptions in the file overlap")
	}
	c := &cursor{data: make([]byte, n), base: int64(address), what: what}
	if _, err := io.ReadFull(io.NewSectionReader(s.r, c.base, n), c.data); err != nil {
		return nil, format.Truncated(err, Name, c.base, what)
	}
	return c, nil
}

// superblock gives the address of the root group's header.
func (s *source) superblock() (uint64, error) {
	c, err := s.at(0, min(s.size, 96), "the superblock")
	if err != nil {
		return 0, err
	}
	if string(c.bytes(8)) != Signature {
		return 0, format.Errorf(Name, 0, "the file does not begin as one of HDF5")
	}
	version := c.u8()
	offsets, lengths := 0, 0
	switch version {
	case 0, 1:
		c.skip(4)
		offsets, lengths = c.u8(), c.u8()
		c.skip(1 + 2 + 2 + 4)
		if version == 1 {
			c.skip(4)
		}
	case 2, 3:
		offsets, lengths = c.u8(), c.u8()
		c.skip(1)
	default:
		return 0, c.fail("superblock version %d is not read", version)
	}
	if c.err == nil && (offsets != 8 || lengths != 8) {
		return 0, c.fail("offsets of %d and lengths of %d bytes are not read; both must be 8", offsets, lengths)
	}
	base := c.u64()
	c.skip(8)
	end := c.u64()
	if version < 2 {
		c.skip(8 + 8) // the driver's information, and the name of the root group
	}
	root := c.u64()
	switch {
	case c.err != nil:
		return 0, c.err
	case base != 0:
		return 0, c.fail("a base address of %d is not read", base)
	case end > uint64(s.size):
		return 0, format.Errorf(Name, -1, "the file should have %d bytes and has %d (truncated download?)", end, s.size)
	}
	return root, nil
}

// A cursor goes through bytes that were read. Behind their end it gives zeros, and its err says so.
type cursor struct {
	data []byte
	pos  int
	base int64 // of data in the file
	what string
	err  error
}

func (c *cursor) fail(rule string, args ...any) error {
	return format.Errorf(Name, c.base+int64(c.pos), rule, args...)
}

// bytes gives the next n bytes, or n zeros where fewer than that are left and n is small, and else none.
func (c *cursor) bytes(n int) []byte {
	if c.err == nil && (n < 0 || n > len(c.data)-c.pos) {
		c.err = c.fail("%s ends early", c.what)
	}
	if c.err != nil {
		return make([]byte, max(0, min(n, 8)))
	}
	b := c.data[c.pos : c.pos+n]
	c.pos += n
	return b
}

func (c *cursor) skip(n int)  { c.bytes(n) }
func (c *cursor) u8() int     { return int(c.bytes(1)[0]) }
func (c *cursor) u16() int    { return int(binary.LittleEndian.Uint16(c.bytes(2))) }
func (c *cursor) u32() uint32 { return binary.LittleEndian.Uint32(c.bytes(4)) }
func (c *cursor) u64() uint64 { return binary.LittleEndian.Uint64(c.bytes(8)) }

// uint reads a number of 1, 2, 4 or 8 bytes.
func (c *cursor) uint(size int) uint64 {
	var b [8]byte
	copy(b[:], c.bytes(size))
	return binary.LittleEndian.Uint64(b[:])
}

// left is how many bytes there are yet; none after an error.
func (c *cursor) left() int {
	if c.err != nil {
		return 0
	}
	return len(c.data) - c.pos
}

// sub is a cursor over the next n bytes.
func (c *cursor) sub(n int, what string) *cursor {
	base := c.base + int64(c.pos)
	return &cursor{data: c.bytes(n), base: base, what: what, err: c.err}
}
