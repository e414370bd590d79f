// Package tarlinks tells which names the files of a tar have: tar writes the second name of a file as a link to the first.
package tarlinks

import (
	"archive/tar"
	"path"
	"slices"
	"strings"
)

// Links are the links of a tar, hard and symbolic. Nothing but the tar is looked at, wherever they lead to. It is read twice:
// first Note is told all its entries, then Names is asked about each.
type Links struct {
	to    map[string]string   // a link's name → what it names
	lost  int                 // links that lead out of the tar, or are too many or too long
	names map[string][]string // of links to a file, by its own; nil before they are followed
	found map[string]bool     // files that have been asked about, of those with links
}

const (
	mostLinks = 1 << 20 // that are followed, as they are in memory
	mostBytes = 8192    // of a link's two names
	mostSteps = 40      // from one to the next, as Linux has it
)

// Name is the name of an entry below the folder that a tar is unpacked in; nothing is outside.
func Name(h *tar.Header) string { return below(h.Name) }

func below(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// Note takes note of an entry. Of several of one name the last one counts, as it does where a tar is unpacked.
func (l *Links) Note(h *tar.Header) {
	name := Name(h)
	delete(l.to, name)
	target, inside := "", true
	switch h.Typeflag {
	case tar.TypeLink:
		target = below(h.Linkname)
	case tar.TypeSymlink:
		target = path.Join(path.Dir(name), h.Linkname)
		inside = !path.IsAbs(h.Linkname) && target != ".." && !strings.HasPrefix(target, "../")
	default:
		return
	}
	if !inside || len(l.to) == mostLinks || len(name)+len(target) > mostBytes {
		l.lost++
		return
	}
	if l.to == nil {
		l.to = map[string]string{}
	}
	l.to[name] = target
}

// Names are those of a regular file: its own, unless a link has taken that, and those of links to it.
func (l *Links) Names(h *tar.Header) []string {
	l.follow()
	name := Name(h)
	var names []string
	if _, taken := l.to[name]; !taken {
		names = append(names, name)
	}
	if more := l.names[name]; more != nil {
		l.found[name] = true
		names = append(names, more...)
	}
	return names
}

// follow finds the files that links lead to.
func (l *Links) follow() {
	if l.names != nil {
		return
	}
	l.names, l.found = map[string][]string{}, map[string]bool{}
	for name, target := range l.to {
		steps := 1
		for next, link := l.to[target]; link && steps < mostSteps; next, link = l.to[target] {
			target = next
			steps++
		}
		if steps == mostSteps {
			l.lost++
			continue
		}
		l.names[target] = append(l.names[target], name)
	}
	for _, names := range l.names {
		slices.Sort(names)
	}
}

// Lost is how many links lead to no regular file of the tar, once Names was asked about all.
func (l *Links) Lost() int {
	l.follow()
	lost := l.lost
	for target, names := range l.names {
		if !l.found[target] {
			lost += len(names)
		}
	}
	return lost
}
