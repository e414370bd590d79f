package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"sync"
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
	held     []byte // the beginning of what only the next write can tell
	err      error  // of the first write that failed

	mu   sync.Mutex      // a server's log and its other words are of several goroutines
	done <-chan struct{} // closed where a write that waits is to be given up; nil: none waits
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
	g.mu.Lock()
	defer g.mu.Unlock()
	shown := p
	if g.terminal || g.log {
		text := append(g.held, p...)
		whole := len(text) - g.begun(text)
		shown, g.held = g.escape(text[:whole]), bytes.Clone(text[whole:])
	}
	if err := g.show(shown); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (g *guard) show(text []byte) error {
	if g.err == nil {
		_, g.err = writeUntil(g.done, g.w, text)
	}
	return g.err
}

// giveUp makes writes to a reader that does not read end once done is closed.
func (g *guard) giveUp(done <-chan struct{}) {
	file, ok := g.w.(*os.File)
	if !ok {
		return
	}
	if info, err := file.Stat(); err == nil && mayBlock(info) {
		g.done = done
	}
}

// flush shows what was held, when nothing follows.
func (g *guard) flush() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if held := g.held; len(held) > 0 {
		g.held = nil
		_ = g.show(g.escape(held)) // it stands in g.err
	}
}

// partialSGR and partialCommand may become one with the next write. Counts this large take milliseconds to compile, so that only
// who writes to a CI log waits for it.
var (
	partialSGR     = regexp.MustCompile(`\x1b(\[[0-9;]{0,20})?$`)
	partialCommand = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(^|\n)([ \t]{0,1000}[:#]?)$`) })
)

// begun is how many bytes at the end of a write are the beginning of a character, of a sequence of colours, or of an order:
// writers cut their text anywhere.
func (g *guard) begun(text []byte) int {
	if found := partialSGR.FindIndex(text); g.colours && found != nil {
		return len(text) - found[0]
	}
	if g.log {
		found := partialCommand().FindSubmatchIndex(text)
		if found != nil && (found[0] > 0 || len(text) > 0 && text[0] == '\n' || !g.midLine) {
			return len(text) - found[4]
		}
	}
	for n := 1; n <= min(utf8.UTFMax-1, len(text)); n++ {
		if tail := text[len(text)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return n
			}
			break
		}
	}
	return 0
}

// commands is stdout for orders to a CI log.
func (f *factory) commands() io.Writer {
	if g, ok := f.Out.(*guard); ok {
		g.flush()
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
