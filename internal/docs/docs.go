// Package docs finds the parts of a Markdown document that a command writes, and replaces them. Such a part stands
// between two marks, each an HTML comment on a line of its own:
//
//	<!-- resnet: summary --arch 34 -->
//
//	| … |
//
//	<!-- /resnet -->
package docs

import (
	"bytes"
	"errors"
	"fmt"
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

	start, end int    // what is between the lines of the marks: text[start:end]
	prefix     string // what each line between them begins with, in a list or a quotation
}

// mark is one line of an HTML comment.
type mark struct {
	line     int
	from, to int // offsets of the line, its end included
	text     string
	prefix   string
}

var (
	openMark  = regexp.MustCompile(`^<!--\s*resnet:\s*(.*?)\s*-->$`)
	closeMark = regexp.MustCompile(`^<!--\s*/resnet\s*-->$`)
	likeMark  = regexp.MustCompile(`^<!--\s*(resnet:|/resnet\b)`)
)

// Parse finds the blocks of a document. A mark inside a code block is text. The error holds everything that is wrong,
// each with name and line.
func Parse(name string, document []byte) ([]Block, error) {
	var blocks []Block
	var errs []error
	wrong := func(m mark, format string, a ...any) {
		errs = append(errs, fmt.Errorf("%s:%d: %s", name, m.line, fmt.Sprintf(format, a...)))
	}

	var open *mark
	for _, m := range marks(document) {
		switch command, opens := m.command(); {
		case opens && open != nil:
			wrong(m, "a mark between those of line %d; close that first with <!-- /resnet -->", open.line)
		case opens:
			if command == "" {
				wrong(m, "no command after resnet:")
			}
			open = &m
		case closeMark.MatchString(m.text) && open == nil:
			wrong(m, "<!-- /resnet --> closes nothing")
		case closeMark.MatchString(m.text):
			command, _ := open.command()
			blocks = append(blocks, Block{Command: command, Line: open.line, start: open.to, end: m.from, prefix: open.prefix})
			open = nil
		default:
			wrong(m, "a mark has a line of its own: <!-- resnet: COMMAND --> or <!-- /resnet -->")
		}
	}
	if open != nil {
		wrong(*open, "not closed; write <!-- /resnet --> where the output ends")
	}
	return blocks, errors.Join(errs...)
}

// command is what an opening mark says.
func (m mark) command() (command string, opens bool) {
	found := openMark.FindStringSubmatch(m.text)
	if found == nil || strings.Contains(found[1], "-->") {
		return "", false
	}
	return found[1], true
}

// marks lists the lines of HTML comments that are marks or look like ones, in order.
func marks(document []byte) []mark {
	var found []mark
	add := func(s text.Segment) {
		line := strings.TrimSpace(string(s.Value(document)))
		if !likeMark.MatchString(line) {
			return
		}
		from := bytes.LastIndexByte(document[:s.Start], '\n') + 1
		to := len(document)
		if i := bytes.IndexByte(document[from:], '\n'); i >= 0 {
			to = from + i + 1
		}
		found = append(found, mark{
			line: bytes.Count(document[:from], []byte("\n")) + 1,
			from: from, to: to, text: line, prefix: continuation(document[from:s.Start]),
		})
	}
	root := goldmark.DefaultParser().Parse(text.NewReader(document))
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if html, ok := n.(*ast.HTMLBlock); ok && entering {
			for i := range html.Lines().Len() {
				add(html.Lines().At(i))
			}
			if html.HasClosure() {
				add(html.ClosureLine)
			}
		}
		return ast.WalkContinue, nil
	})
	slices.SortFunc(found, func(a, b mark) int { return a.from - b.from })
	return slices.CompactFunc(found, func(a, b mark) bool { return a.from == b.from })
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
