package hdf5

import (
	"slices"

	"resnet/internal/checkpoint/format"
)

// Types of the messages in an object's header that are read here.
const (
	msgDataspace    = 0x0001
	msgLinkInfo     = 0x0002
	msgDatatype     = 0x0003
	msgLink         = 0x0006
	msgExternal     = 0x0007
	msgLayout       = 0x0008
	msgFilters      = 0x000B
	msgAttribute    = 0x000C
	msgContinuation = 0x0010
	msgSymbolTable  = 0x0011
	msgAttrInfo     = 0x0015
)

// read are the types that anybody asks for.
var read = []int{
	msgDataspace, msgLinkInfo, msgDatatype, msgLink, msgExternal, msgLayout, msgFilters, msgAttribute, msgSymbolTable, msgAttrInfo,
}

const (
	maxBlocks   = 1024    // of one header
	maxMessages = 4096    // of one header
	maxHeader   = 1 << 26 // bytes of one block
	flagShared  = 1 << 1  // the message stands in another object
)

// A message is a part of an object's header.
type message struct {
	kind   int
	shared bool
	body   *cursor
}

// header reads the header of the object at an address, with all its blocks.
func (s *source) header(address uint64) ([]message, error) {
	prefix, err := s.at(address, 16, "an object's header")
	if err != nil {
		return nil, err
	}
	h := headerReader{source: s}
	if string(prefix.data[:4]) == "OHDR" {
		return h.version2(address, prefix)
	}
	if version := prefix.u8(); version != 1 {
		return nil, prefix.fail("no object's header begins here")
	}
	prefix.skip(1 + 2 + 4)
	return h.blocks(address+16, uint64(prefix.u32()))
}

// headerReader collects messages block after block.
type headerReader struct {
	*source
	second   bool // version 2 of the header
	order    int  // bytes of the creation order in a message's head
	messages []message
	next     []span // blocks that continue the header
}

// span is a piece of the file.
type span struct{ address, size uint64 }

// version2 reads a header that begins with a signature, flags, times, and the size of its first block.
func (h *headerReader) version2(address uint64, prefix *cursor) ([]message, error) {
	prefix.skip(4)
	version, flags := prefix.u8(), prefix.u8()
	if version != 2 {
		return nil, prefix.fail("version %d of an object's header is not read", version)
	}
	start := 6
	if flags&(1<<5) != 0 {
		start += 16
	}
	if flags&(1<<4) != 0 {
		start += 4
	}
	width := 1 << (flags & 3)
	size, err := h.at(address+uint64(start), int64(width), "an object's header")
	if err != nil {
		return nil, err
	}
	h.second, h.order = true, flags>>2&1*2
	return h.blocks(address+uint64(start+width), size.uint(width))
}

// blocks reads the first block and those that it says follow.
func (h *headerReader) blocks(address, size uint64) ([]message, error) {
	h.next = []span{{address, size}}
	for i := 0; i < len(h.next); i++ {
		if i == maxBlocks {
			return nil, format.Errorf(Name, int64(address), "an object's header has more than %d blocks", maxBlocks)
		}
		b := h.next[i]
		c, err := h.at(b.address, int64(min(b.size, maxHeader)), "an object's header")
		if err != nil {
			return nil, err
		}
		if i > 0 && h.second {
			if string(c.bytes(4)) != "OCHK" || len(c.data) < 8 {
				return nil, c.fail("no block of an object's header begins here")
			}
			c.data = c.data[:len(c.data)-4] // the checksum
		}
		if err := h.block(c); err != nil {
			return nil, err
		}
	}
	return h.messages, nil
}

func (h *headerReader) block(c *cursor) error {
	head := 8
	if h.second {
		head = 4 + h.order
	}
	for c.left() >= head {
		m := message{}
		size := 0
		if h.second {
			m.kind, size = c.u8(), c.u16()
			m.shared = c.u8()&flagShared != 0
			c.skip(h.order)
		} else {
			m.kind, size = c.u16(), c.u16()
			m.shared = c.u8()&flagShared != 0
			c.skip(3)
		}
		m.body = c.sub(size, "a message of an object's header")
		if m.kind == msgContinuation {
			h.next = append(h.next, span{m.body.u64(), m.body.u64()})
		}
		if m.body.err != nil {
			return m.body.err
		}
		if !slices.Contains(read, m.kind) {
			continue
		}
		if len(h.messages) == maxMessages {
			return c.fail("an object's header has more than %d messages", maxMessages)
		}
		h.messages = append(h.messages, m)
	}
	return c.err
}
