package hdf5

import (
	"strings"
	"unicode/utf8"

	"resnet/internal/checkpoint/format"
)

// attributes reads those of an object that are text, one string or a list of them.
func (w *walker) attributes(path string, messages []message) (map[string][]string, error) {
	var all map[string][]string
	for _, m := range messages {
		switch m.kind {
		case msgAttrInfo:
			if err := checkAttrInfo(path, m.body); err != nil {
				return nil, err
			}
		case msgAttribute:
			if m.shared {
				return nil, m.body.fail("%s: an attribute that is shared is not read", path)
			}
			name, text, err := w.attribute(m.body)
			if err != nil {
				return nil, err
			}
			if text == nil {
				continue
			}
			if all == nil {
				all = map[string][]string{}
			}
			if _, twice := all[name]; twice {
				return nil, m.body.fail("%s: the attribute %q stands twice", path, name)
			}
			all[name] = text
		}
	}
	return all, nil
}

func checkAttrInfo(path string, c *cursor) error {
	c.skip(1)
	if flags := c.u8(); flags&1 != 0 {
		c.skip(2)
	}
	if heap := c.u64(); c.err == nil && heap != undefined {
		return c.fail("%s keeps its attributes in a fractal heap, which is not read: %s", path, fractal)
	}
	return c.err
}

// attribute reads one attribute message; text is nil where it is no text.
func (w *walker) attribute(c *cursor) (name string, text []string, err error) {
	version := c.u8()
	flags := c.u8()
	nameSize, typeSize, spaceSize := c.u16(), c.u16(), c.u16()
	switch version {
	case 1:
		nameSize, typeSize, spaceSize = padded(nameSize), padded(typeSize), padded(spaceSize)
		flags = 0
	case 2:
	case 3:
		c.skip(1) // the name's character set
	default:
		return "", nil, c.fail("version %d of an attribute is not read", version)
	}
	name = strings.TrimRight(string(c.bytes(nameSize)), "\x00")
	typ, space := c.sub(typeSize, "an attribute's type"), c.sub(spaceSize, "an attribute's shape")
	if c.err != nil {
		return "", nil, c.err
	}
	if flags != 0 {
		return name, nil, nil // its type is shared: no text
	}
	t, err := readType(typ)
	if err != nil || t.text == noText {
		return name, nil, err
	}
	shape, err := readShape(space)
	if err != nil {
		return "", nil, err
	}
	text, err = w.texts(c, t, shape)
	return name, text, err
}

func padded(n int) int { return (n + 7) &^ 7 }

// perText is about what holding a text takes beside its bytes. It counts as read, so that a file of many empty ones stays
// within its size.
const perText = 64

// texts reads as many strings as the shape has; they stand in the message, or in a heap that it points to.
func (w *walker) texts(c *cursor, t datatype, shape []int) ([]string, error) {
	n := 1
	for _, d := range shape {
		if d != 0 && n > c.left()/d {
			return nil, c.fail("an attribute has more strings than bytes")
		}
		n *= d
	}
	texts := make([]string, 0, n)
	for range n {
		b, err := []byte(nil), error(nil)
		if t.text == heapText {
			b, err = w.heapText(c)
		} else {
			b = c.bytes(t.size)
		}
		if err == nil {
			err = c.err
		}
		if err != nil {
			return nil, err
		}
		text := t.trim(string(b))
		if w.left -= int64(len(text)) + perText; w.left < 0 || !utf8.ValidString(text) {
			return nil, c.fail("the text of an attribute is not valid UTF-8, or stands for too many")
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// A collection is a part of the global heap: objects by their number.
type collection map[int][]byte

// heapText reads a string of variable length: its length, the address of a collection and a number in it.
func (w *walker) heapText(c *cursor) ([]byte, error) {
	length, address, index := c.u32(), c.u64(), int(c.u32())
	if c.err != nil || length == 0 && (address == 0 || address == undefined) {
		return nil, c.err
	}
	all, ok := w.heaps[int64(address)]
	if !ok {
		var err error
		if all, err = w.globalHeap(address); err != nil {
			return nil, err
		}
		w.heaps[int64(address)] = all
	}
	object, ok := all[index]
	if !ok || int64(length) > int64(len(object)) {
		return nil, c.fail("the text of an attribute is not in the heap at %d", address)
	}
	return object[:length], nil
}

// globalHeap reads a collection.
func (w *walker) globalHeap(address uint64) (collection, error) {
	c, err := w.at(address, 16, "a heap of texts")
	if err != nil {
		return nil, err
	}
	signature := string(c.bytes(4))
	c.skip(4)
	size := c.u64()
	if signature != "GCOL" || size < 16 {
		return nil, format.Errorf(Name, int64(address), "no heap of texts begins here")
	}
	if c, err = w.at(address+16, int64(min(size-16, 1<<40)), "a heap of texts"); err != nil {
		return nil, err
	}
	all := collection{}
	for c.left() >= 16 {
		index := c.u16()
		c.skip(2 + 4)
		n := c.u64()
		if index == 0 { // what is free
			break
		}
		object := c.sub(int(min(n, uint64(c.left())+1)), "a heap's text")
		if object.err != nil {
			return nil, object.err
		}
		if w.left -= perText; w.left < 0 {
			return nil, c.fail("a heap has more texts than a file of this size may have")
		}
		all[index] = object.data
		c.skip(min(padded(len(object.data))-len(object.data), c.left()))
	}
	return all, nil
}
