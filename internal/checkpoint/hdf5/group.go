package hdf5

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"resnet/internal/checkpoint/format"
)

const (
	maxObjects = 65_536 // groups and datasets; Keras writes two groups for each layer
	maxName    = 512    // bytes
)

// A walker goes through a file from the root.
type walker struct {
	source
	seen     map[int64]bool // addresses of objects: a group that holds itself, or one of two names, is refused
	heaps    map[int64]collection
	datasets int
}

// A link names an object.
type link struct {
	name    string
	address uint64
}

func join(path, name string) string {
	if path == "/" {
		return "/" + name
	}
	return path + "/" + name
}

func (w *walker) root(address uint64) (*Group, error) {
	messages, err := w.object(link{"/", address})
	if err != nil {
		return nil, err
	}
	return w.group("/", messages, 0)
}

// object reads the header of an object that was not seen before.
func (w *walker) object(l link) ([]message, error) {
	at := int64(l.address)
	if w.seen[at] {
		return nil, format.Errorf(Name, at, "%s is an object that another name stands for too", l.name)
	}
	if len(w.seen) == maxObjects {
		return nil, format.Errorf(Name, at, "more than %d groups and datasets", maxObjects)
	}
	w.seen[at] = true
	return w.header(l.address)
}

// group makes a group of the messages of its header, and all that is in it.
func (w *walker) group(path string, messages []message, depth int) (*Group, error) {
	if depth == maxDepth {
		return nil, format.Errorf(Name, messages[0].body.base, "groups are nested deeper than %d", maxDepth)
	}
	g := &Group{Path: path}
	var err error
	if g.Attrs, err = w.attributes(path, messages); err != nil {
		return nil, err
	}
	links, err := w.links(path, messages)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, l := range links {
		child := join(path, l.name)
		switch {
		case !isName(l.name):
			return nil, format.Errorf(Name, -1, "%s: %q is no name", path, l.name)
		case names[l.name]:
			return nil, format.Errorf(Name, -1, "%s: %q stands twice", path, l.name)
		}
		names[l.name] = true
		if w.left -= int64(len(child)); w.left < 0 {
			return nil, format.Errorf(Name, -1, "%s: the names of members are too long", path)
		}
		if err := w.member(g, link{child, l.address}, depth+1); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// isName tells whether a member may be called so: a word that can be printed.
func isName(name string) bool {
	return name != "" && len(name) <= maxName && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return r == '/' || !unicode.IsPrint(r) })
}

// member adds the object that l names to g.
func (w *walker) member(g *Group, l link, depth int) error {
	messages, err := w.object(l)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.kind == msgLayout {
			if w.datasets++; w.datasets > format.MaxTensors {
				return format.Errorf(Name, m.body.base, "more than %d datasets", format.MaxTensors)
			}
			d, err := w.dataset(l.name, messages)
			if err == nil {
				g.Datasets = append(g.Datasets, d)
			}
			return err
		}
	}
	if len(messages) == 0 {
		return format.Errorf(Name, int64(l.address), "%s is neither a group nor a dataset", l.name)
	}
	child, err := w.group(l.name, messages, depth)
	if err == nil {
		g.Groups = append(g.Groups, child)
	}
	return err
}

// links lists what a group's header names: by a symbol table, or by messages.
func (w *walker) links(path string, messages []message) ([]link, error) {
	var links []link
	for _, m := range messages {
		switch m.kind {
		case msgSymbolTable:
			more, err := w.symbolTable(m.body)
			if err != nil {
				return nil, err
			}
			links = append(links, more...)
		case msgLink:
			l, err := readLink(m.body)
			if err != nil {
				return nil, err
			}
			links = append(links, l)
		case msgLinkInfo:
			if err := checkLinkInfo(path, m.body); err != nil {
				return nil, err
			}
		}
	}
	return links, nil
}

const fractal = `it was written with libver="latest"; read it with Keras and save it again, which does without`

func checkLinkInfo(path string, c *cursor) error {
	c.skip(1)
	if flags := c.u8(); flags&1 != 0 {
		c.skip(8)
	}
	if heap := c.u64(); c.err == nil && heap != undefined {
		return c.fail("%s keeps its members in a fractal heap, which is not read: %s", path, fractal)
	}
	return c.err
}

// readLink reads a link message.
func readLink(c *cursor) (link, error) {
	version, flags := c.u8(), c.u8()
	if c.err == nil && version != 1 {
		return link{}, c.fail("version %d of a link is not read", version)
	}
	kind := 0
	if flags&(1<<3) != 0 {
		kind = c.u8()
	}
	if flags&(1<<2) != 0 {
		c.skip(8)
	}
	if flags&(1<<4) != 0 {
		c.skip(1)
	}
	n := c.uint(1 << (flags & 3))
	name := string(c.bytes(int(min(n, 1<<16))))
	if c.err == nil && kind != 0 {
		return link{}, c.fail("%q is a symbolic link or one to another file, which is not followed", name)
	}
	return link{name, c.u64()}, c.err
}
