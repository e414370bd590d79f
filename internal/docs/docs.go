// Package docs finds the parts of a Markdown document that a command writes, and replaces them. Such a part stands
// between two marks, each an HTML comment on a line of its own:
//
//	<!-- resnet: summary --arch 34 -->
//
//	| … |
//
//	<!-- /resnet -->
//
// MDX has no such comments; there the marks are {/* resnet: … */} and {/* /resnet */}. Files called .md may have either:
// Docusaurus reads them as MDX too.
package docs

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
)

// Block is a pair of marks in a document.
type Block struct {
	Command string // what stands after "resnet:"
	Line    int    // of the opening mark, from 1
	Syntax  Syntax // of both marks

	start, end int    // what is between the lines of the marks: text[start:end]
	prefix     string // what each line between them begins with, in a list or a quotation
}

// Syntax is how a document writes a comment.
type Syntax struct {
	open, close string
	like        *regexp.Regexp // what begins as a mark does
}

// HTML is Markdown's syntax, and MDX that of MDX.
var (
	HTML = Syntax{"<!--", "-->", regexp.MustCompile(`^<!--\s*(resnet[:\s]|/resnet\b)`)}
	MDX  = Syntax{"{/*", "*/}", regexp.MustCompile(`^\{/\*\s*(resnet[:\s]|/resnet\b)`)}
)

// Comment is text as a comment.
func (s Syntax) Comment(text string) string { return s.open + " " + text + " " + s.close }

// inside is what stands in a line that is one comment.
func (s Syntax) inside(line string) (text string, ok bool) {
	text, ok = strings.CutPrefix(line, s.open)
	if !ok {
		return "", false
	}
	text, ok = strings.CutSuffix(text, s.close)
	return strings.TrimSpace(text), ok && !strings.Contains(text, s.close)
}

// mark is one line that begins as a mark does.
type mark struct {
	line     int
	from, to int // offsets of the line, its end included
	text     string
	syntax   Syntax
	prefix   string
}

// command is what an opening mark says.
func (m mark) command() (command string, opens bool) {
	text, ok := m.syntax.inside(m.text)
	command, opens = strings.CutPrefix(text, "resnet:")
	return strings.TrimSpace(command), opens && ok
}

func (m mark) closes() bool {
	text, ok := m.syntax.inside(m.text)
	return ok && text == "/resnet"
}

// nearly is the command of what would be an opening mark with a colon; it may be a remark as well.
func (m mark) nearly() (command string, is bool) {
	text := strings.TrimSpace(strings.TrimPrefix(m.text, m.syntax.open))
	command, is = strings.CutPrefix(strings.TrimSuffix(text, m.syntax.close), "resnet")
	return strings.TrimSpace(command), is && !strings.HasPrefix(command, ":")
}

// Parse finds the blocks of a document. A mark inside a code block is text. The error holds everything that is wrong,
// each with name and line.
func Parse(name string, document []byte) ([]Block, error) {
	var blocks []Block
	var errs []error
	wrong := func(m mark, format string, a ...any) {
		errs = append(errs, fmt.Errorf("%s:%d: %s", name, m.line, fmt.Sprintf(format, a...)))
	}

	mdx := strings.EqualFold(filepath.Ext(name), ".mdx")
	var open, nearly *mark
	for _, m := range marks(document) {
		if _, is := m.nearly(); is {
			nearly = &m
			continue
		}
		switch command, opens := m.command(); {
		case mdx && m.syntax.open != MDX.open:
			wrong(m, "MDX has no such comments; write %s and %s", MDX.Comment("resnet: COMMAND"), MDX.Comment("/resnet"))
		case opens && open != nil:
			wrong(m, "a mark between those of line %d; close that first with %s", open.line, open.syntax.Comment("/resnet"))
		case opens:
			if command == "" {
				wrong(m, "no command after resnet:")
			}
			open = &m
		case m.closes() && open == nil && nearly != nil:
			command, _ := nearly.nearly()
			wrong(*nearly, "a colon is missing; write %s", nearly.syntax.Comment("resnet: "+command))
		case m.closes() && open == nil:
			wrong(m, "%s closes nothing", m.text)
		case m.closes() && open.syntax.open != m.syntax.open:
			wrong(m, "the mark of line %d is closed by %s", open.line, open.syntax.Comment("/resnet"))
		case m.closes():
			command, _ := open.command()
			blocks = append(blocks, Block{
				Command: command, Line: open.line, Syntax: open.syntax, start: open.to, end: m.from, prefix: open.prefix,
			})
			open = nil
		default:
			wrong(m, "a mark has a line of its own: %s or %s", m.syntax.Comment("resnet: COMMAND"), m.syntax.Comment("/resnet"))
		}
		nearly = nil
	}
	if open != nil {
		wrong(*open, "not closed; write %s where the output ends", open.syntax.Comment("/resnet"))
	}
	return blocks, errors.Join(errs...)
}

// marks lists the lines that are marks or look like ones, of either syntax, in order.
func marks(document []byte) []mark {
	var found []mark
	add := func(s text.Segment) {
		line := strings.TrimSpace(string(s.Value(document)))
		for _, syntax := range []Syntax{HTML, MDX} {
			if !syntax.like.MatchString(line) {
				continue
			}
			from := bytes.LastIndexByte(document[:s.Start], '\n') + 1
			to := len(document)
			if i := bytes.IndexByte(document[from:], '\n'); i >= 0 {
				to = from + i + 1
			}
			found = append(found, mark{
				line: bytes.Count(document[:from], []byte("\n")) + 1,
				from: from, to: to, text: line, syntax: syntax, prefix: continuation(document[from:s.Start]),
			})
		}
	}
	document = masked(document)
	root := goldmark.DefaultParser().Parse(text.NewReader(document))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.HTMLBlock:
			addLines(n.Lines(), add)
			if n.HasClosure() {
				add(n.ClosureLine)
			}
		case *ast.Paragraph, *ast.TextBlock:
			addLines(n.Lines(), add)
		}
		return ast.WalkContinue, nil
	})
	slices.SortFunc(found, func(a, b mark) int { return a.from - b.from })
	return slices.CompactFunc(found, func(a, b mark) bool { return a.from == b.from })
}

func addLines(lines *text.Segments, add func(text.Segment)) {
	for i := range lines.Len() {
		add(lines.At(i))
	}
}

// frontMatter is the metadata at the head of a document, YAML or TOML: no Markdown.
var frontMatter = regexp.MustCompile(`^(?s:---[ \t]*\r?\n(?:.*?\n)??(?:---|\.\.\.)|\+\+\+[ \t]*\r?\n(?:.*?\n)??\+\+\+)[ \t]*(?:\r?\n|$)`)

// masked is document with spaces for what the parser must not see: a byte-order mark, and front matter. Every offset
// stays what it was.
func masked(document []byte) []byte {
	out := bytes.Clone(document)
	begin := 0
	if bytes.HasPrefix(out, []byte("\ufeff")) {
		begin = len("\ufeff")
	}
	end := begin + len(frontMatter.Find(out[begin:]))
	for i, c := range out[:end] {
		if c != '\n' && c != '\r' {
			out[i] = ' '
		}
	}
	return out
}

// continuation is what the lines after one that begins with prefix begin with: a quotation goes on, a list item's marker
// becomes space.
func continuation(prefix []byte) string {
	return strings.Map(func(r rune) rune {
		if r == '>' || r == '\t' {
			return r
		}
		return ' '
	}, string(prefix))
}

// Replace returns document with bodies, one for each of blocks, between the marks. A body stands between empty lines,
// and its lines end as the opening mark's does.
func Replace(document []byte, blocks []Block, bodies []string) []byte {
	var out []byte
	done := 0
	for i, b := range blocks {
		out = append(out, document[done:b.start]...)
		out = append(out, b.lines(bodies[i], lineEnd(document[:b.start]))...)
		done = b.end
	}
	return append(out, document[done:]...)
}

func (b Block) lines(body, end string) string {
	var out strings.Builder
	for line := range strings.SplitSeq("\n"+strings.Trim(body, "\n")+"\n", "\n") {
		if line == "" {
			line = strings.TrimRight(b.prefix, " \t")
		} else {
			line = b.prefix + line
		}
		out.WriteString(line + end)
	}
	return out.String()
}

func lineEnd(text []byte) string {
	if bytes.HasSuffix(text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// Fence makes text a code block of that language. Spaces at the ends of lines go, as Prettier would take them.
func Fence(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	var out strings.Builder
	out.WriteString(fence + language + "\n")
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		out.WriteString(strings.TrimRight(line, " \t\r") + "\n")
	}
	return out.String() + fence
}
