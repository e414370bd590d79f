package hdf5

import (
	"bytes"

	"resnet/internal/checkpoint/format"
)

// Node types of a version 1 B-tree.
const (
	groupNode = 0
	chunkNode = 1
)

const (
	nodeSize   = 24 // the head of a node
	symbolSize = 40
	softLink   = 2 // a symbol's cache type
)

// symbolTable lists a group's members from the B-tree and the heap of names that the message c points to.
func (w *walker) symbolTable(c *cursor) ([]link, error) {
	tree, heap := c.u64(), c.u64()
	if c.err != nil {
		return nil, c.err
	}
	names, err := w.localHeap(heap)
	if err != nil {
		return nil, err
	}
	var links []link
	err = w.tree(tree, groupNode, 8, 0, func(_ *cursor, child uint64) error {
		more, err := w.symbols(child, names)
		links = append(links, more...)
		return err
	})
	return links, err
}

// tree visits the leaves of a version 1 B-tree from left to right, each with the key before it, of keySize bytes.
func (s *source) tree(address uint64, kind, keySize, depth int, visit func(key *cursor, child uint64) error) error {
	if depth == maxDepth {
		return format.Errorf(Name, int64(address), "a tree is deeper than %d", maxDepth)
	}
	c, err := s.at(address, nodeSize, "a tree's node")
	if err != nil {
		return err
	}
	signature, of, level, n := string(c.bytes(4)), c.u8(), c.u8(), c.u16()
	if signature != "TREE" || of != kind {
		return format.Errorf(Name, int64(address), "no tree's node begins here")
	}
	if c, err = s.at(address+nodeSize, int64(n)*int64(keySize+8), "a tree's node"); err != nil {
		return err
	}
	for range n {
		key, child := c.sub(keySize, "a tree's key"), c.u64()
		if level > 0 {
			err = s.tree(child, kind, keySize, depth+1, visit)
		} else {
			err = visit(key, child)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// symbols reads a node of a group's symbol table.
func (w *walker) symbols(address uint64, names *cursor) ([]link, error) {
	c, err := w.at(address, 8, "a symbol table")
	if err != nil {
		return nil, err
	}
	if string(c.bytes(4)) != "SNOD" {
		return nil, format.Errorf(Name, int64(address), "no symbol table begins here")
	}
	c.skip(2)
	n := c.u16()
	if c, err = w.at(address+8, int64(n)*symbolSize, "a symbol table"); err != nil {
		return nil, err
	}
	links := make([]link, n) // as many as were read
	for i := range links {
		offset, header, cache := c.u64(), c.u64(), c.u32()
		c.skip(4 + 16)
		if offset >= uint64(len(names.data)) {
			return nil, c.fail("the name of a member lies outside its heap")
		}
		name, _, ended := bytes.Cut(names.data[offset:], []byte{0})
		if !ended || cache == softLink {
			return nil, c.fail("%q is a symbolic link or has no end", string(name))
		}
		if w.left -= int64(len(name)); w.left < 0 {
			return nil, c.fail("the names of members overlap")
		}
		links[i] = link{string(name), header}
	}
	return links, nil
}

// localHeap reads the names of a group's members.
func (w *walker) localHeap(address uint64) (*cursor, error) {
	c, err := w.at(address, 32, "a heap of names")
	if err != nil {
		return nil, err
	}
	if string(c.bytes(4)) != "HEAP" {
		return nil, format.Errorf(Name, int64(address), "no heap of names begins here")
	}
	c.skip(4)
	size := c.u64()
	c.skip(8)
	return w.at(c.u64(), int64(min(size, 1<<40)), "a heap of names")
}
