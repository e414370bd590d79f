package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"unicode/utf8"

	"resnet/internal/printable"
)

// guard is a stream that a terminal or a CI log may read. It remembers that it could not be written, and where somebody
// reads it who obeys control characters it shows those of file names, labels, tensors' names and documents as \x1b. Only
// where a view with colours is written do those pass; such views keep control characters out of names themselves.
type guard struct {
	w        io.Writer
	terminal bool // its reader obeys control characters
	log      bool // its reader obeys lines that begin with :: or ##[
	colours  bool // sequences that set colours and emphasis pass
	midLine  bool
	err      error // of the first write that failed
}

// newGuard guards a stream. What goes into a file keeps its bytes; a pipe does so outside of CI.
func newGuard(w io.Writer, isTerminal, ci bool) *guard {
	if file, ok := w.(*os.File); ok && ci && !isTerminal {
		info, err := file.Stat()
		ci = err == nil && !info.Mode().IsRegular()
	}
	return &guard{w: w, terminal: isTerminal || ci, log: ci}
}

func (g *guard) Write(p []byte) (int, error) {
	shown := p
	if g.terminal || g.log {
		shown = g.escape(p)
	}
	if _, err := g.w.Write(shown); err != nil {
		if g.err == nil {
			g.err = err
		}
		return 0, err
	}
	return len(p), nil
}

// commands is stdout for orders to a CI log.
func (f *factory) commands() io.Writer {
	if g, ok := f.Out.(*guard); ok {
		return g.w
	}
	return f.Out
}

// sgr is a sequence that sets colours and emphasis.
var sgr = regexp.MustCompile(`^\x1b\[[0-9;]*m`)

// command is what GitHub and Azure take for an order at the beginning of a line.
var command = regexp.MustCompile(`^\s*(::|##)`)

// escape makes what must not be obeyed visible.
func (g *guard) escape(p []byte) []byte {
	var out bytes.Buffer
	for len(p) > 0 {
		if g.log && !g.midLine {
			if found := command.FindIndex(p); found != nil {
				out.Write(p[:found[1]-2])
				fmt.Fprintf(&out, `\x%02x`, p[found[1]-2])
				p = p[found[1]-1:]
			}
			g.midLine = true
		}
		if found := sgr.Find(p); g.colours && found != nil {
			out.Write(found)
			p = p[len(found):]
			continue
		}
		r, size := utf8.DecodeRune(p)
		switch {
		case r == '\n':
			g.midLine = false
			out.WriteByte('\n')
		case r == '\t', r != utf8.RuneError && printable.Shows(r), r == utf8.RuneError && size > 1:
			out.Write(p[:size])
		case r < utf8.RuneSelf, size == 1:
			fmt.Fprintf(&out, `\x%02x`, p[0])
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		p = p[size:]
	}
	return out.Bytes()
}
