package checkpointtest

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// An hdf5 file is written from its beginning; what points to another object stands behind it.
type hdf5 struct{ bytes.Buffer }

// object writes an object's header of messages, each a type and a body, and gives its address.
func (h *hdf5) object(messages ...any) uint64 {
	var body []byte
	for pair := range slices.Chunk(messages, 2) {
		content := pair[1].([]byte)
		body = binary.LittleEndian.AppendUint16(body, uint16(pair[0].(int)))
		body = binary.LittleEndian.AppendUint16(body, uint16(len(content)))
		body = slices.Concat(body, make([]byte, 4), content)
	}
	at := uint64(h.Len())
	h.Write([]byte{1, 0, 0, 0, 1, 0, 0, 0}) // version 1
	binary.Write(h, binary.LittleEndian, [2]uint32{uint32(len(body))})
	h.Write(body)
	return at
}

// hdf5Link names an object.
func hdf5Link(name string, address uint64) []byte {
	return binary.LittleEndian.AppendUint64(append([]byte{1, 0, byte(len(name))}, name...), address)
}

// hdf5Words is an attribute that is a list of words, all as long as the longest.
func hdf5Words(name string, words ...string) []byte {
	size := 0
	for _, w := range words {
		size = max(size, len(w))
	}
	b := []byte{3, 0, byte(len(name)), 0, 8, 0, 12, 0, 0} // version 3, and the sizes of what follows
	b = append(b, name...)
	b = binary.LittleEndian.AppendUint32(append(b, 0x13, 1, 0, 0), uint32(size)) // text, padded with NUL
	b = binary.LittleEndian.AppendUint64(append(b, 2, 1, 0, 1), uint64(len(words)))
	for _, w := range words {
		b = append(b, w...)
		b = append(b, make([]byte, size-len(w))...)
	}
	return b
}

// KerasLayers is an HDF5 file as Keras 2 lays it out, of layers with a kernel of values, float32, each. It has its links in
// the groups' headers, where h5py writes trees and heaps by default.
func KerasLayers(values []byte, layers ...string) []byte {
	const dataspace, datatype, link, layout, attribute = 1, 3, 6, 8, 0xC
	h := &hdf5{}
	h.Write(make([]byte, 48)) // the superblock, at last
	shape := binary.LittleEndian.AppendUint64([]byte{2, 1, 0, 1}, uint64(len(values)/4))
	float := []byte{0x11, 0x20, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0}
	root := []any{attribute, hdf5Words("layer_names", layers...)}
	for _, name := range layers {
		place := binary.LittleEndian.AppendUint64([]byte{3, 1}, uint64(h.Len())) // in one piece
		h.Write(values)
		kernel := h.object(dataspace, shape, datatype, float, layout, binary.LittleEndian.AppendUint64(place, uint64(len(values))))
		group := h.object(attribute, hdf5Words("weight_names", "kernel:0"), link, hdf5Link("kernel:0", kernel))
		root = append(root, link, hdf5Link(name, group))
	}
	at := h.object(root...)
	file := h.Bytes()
	super := []byte("\x89HDF\r\n\x1a\n\x02\x08\x08\x00") // version 2, numbers of 8 bytes
	for _, v := range []uint64{0, ^uint64(0), uint64(len(file)), at} {
		super = binary.LittleEndian.AppendUint64(super, v)
	}
	copy(file, super)
	return file
}
