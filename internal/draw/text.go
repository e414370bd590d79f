package draw

import (
	"io"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"

	"resnet/internal/article"
	"resnet/internal/number"
)

// writeText draws for a terminal: the chain runs down on the left, shortcuts run beside it. Several networks stand side
// by side where the terminal is wide enough, else one below the other.
func writeText(w io.Writer, d Drawing, s Style) error {
	t := &terminal{style: s}
	switch {
	case d.Block != "":
		if err := t.blocks(d); err != nil {
			return err
		}
	case len(d.Nets) > 1:
		t.columns(d)
	default:
		t.network(d.Nets[0], d.Expand)
	}
	_, err := io.WriteString(w, t.out.String())
	return err
}

// terminal collects lines.
type terminal struct {
	style Style
	out   strings.Builder
}

// span is text in one emphasis.
type span struct {
	text string
	code string // ANSI; "" for none
}

// textLine is a line of the picture.
type textLine []span

func (l textLine) width() int {
	n := 0
	for _, s := range l {
		n += columnsOf(s.text)
	}
	return n
}

// screen measures text by the columns it takes, whatever this machine's locale.
var screen = &runewidth.Condition{StrictEmojiNeutral: true}

func columnsOf(text string) int { return screen.StringWidth(text) }

const bold, dim = "1", "2"

// stageCode is the colour of a stage.
func stageCode(stage int) string {
	if stage < 0 {
		return ""
	}
	return []string{"35", "32", "33", "34", "31", "36"}[stage%6]
}

// ascii spells what pictures hold beyond ASCII, in as many columns.
var ascii = strings.NewReplacer("×", "x", "·", "-", "–", "-", "─", "-", "╌", "-", "┈", ".", "│", "|", "╎", ":", "┊", ".",
	"╮", ".", "╯", "'", "├", "|", "⊕", "+", "■", "#", "●", "o", "←", "<", "…", ".")

// line writes a line.
func (t *terminal) line(l textLine) {
	var out strings.Builder
	for _, s := range l {
		text := s.text
		if !t.style.Unicode {
			text = strings.Map(func(r rune) rune {
				if r > unicode.MaxASCII {
					return '?'
				}
				return r
			}, ascii.Replace(text))
		}
		if t.style.Color && s.code != "" && strings.TrimSpace(text) != "" {
			text = "\x1b[" + s.code + "m" + text + "\x1b[0m"
		}
		out.WriteString(text)
	}
	t.out.WriteString(strings.TrimRight(out.String(), " ") + "\n")
}

// heading writes a network's name and what is said of it, broken where the terminal is narrow.
func (t *terminal) heading(title string, facts []string) {
	if t.style.Width > 0 {
		title = screen.Truncate(title, t.style.Width, "…")
	}
	t.line(t.flow(textLine{{title, bold}}, facts, "", ""))
}

// rule writes the boundary of a part: ── layer2 · 4 blocks ────.
func (t *terminal) rule(stage int, parts []string, width int) {
	code := stageCode(stage)
	if code == "" {
		code = bold
	}
	if t.style.Width > 0 {
		width = min(width, t.style.Width)
	}
	l := t.flow(textLine{{"──", dim}}, parts, code, "   ")
	if rest := width - l.width() - 1; rest > 0 {
		l = append(l, span{" " + strings.Repeat("─", rest), dim})
	}
	t.line(l)
}

// flow adds parts to a line, writes what does not fit into the terminal, and returns the last line. The first part stands
// behind a rule, the others behind a dot.
func (t *terminal) flow(l textLine, parts []string, code, indent string) textLine {
	for i, part := range parts {
		separator := " · "
		if i == 0 && indent != "" {
			separator = " "
		}
		for _, piece := range broken(part, max(0, t.style.Width-columnsOf(indent))) {
			if t.style.Width > 0 && l.width()+columnsOf(separator+piece) > t.style.Width {
				t.line(l)
				l, separator = textLine{{indent, ""}}, ""
			}
			l = append(l, span{separator + piece, code})
			separator = " "
		}
	}
	return l
}

const ruleWidth = 100

// network draws one network.
func (t *terminal) network(n *Net, expand bool) {
	t.heading(n.title, n.subtitle())
	s := n.sketch(expand, t.style.Width)
	for _, p := range n.parts {
		t.rule(p.Stage, p.facts(), ruleWidth)
		for _, l := range s.part(p) {
			t.line(l)
		}
	}
}

// facts are what is said of a part.
func (p part) facts() []string {
	facts := []string{p.Name}
	if p.blocks != nil {
		facts = append(facts, numberOf(len(p.blocks), "block"))
	}
	if p.result != "" {
		facts = append(facts, p.result)
	}
	if p.Params > 0 {
		facts = append(facts, number.Thousands(p.Params)+" params")
	}
	if p.MACs > 0 {
		facts = append(facts, macsWords(p.MACs))
	}
	return facts
}

// columns draws networks side by side, or one below the other where they do not fit.
func (t *terminal) columns(d Drawing) {
	const between = 3
	sketches := make([]*sketch, len(d.Nets))
	total := -between
	for i, n := range d.Nets {
		sketches[i] = n.sketch(d.Expand, 0)
		total += sketches[i].width() + between
	}
	if t.style.Width > 0 && total > t.style.Width {
		for i, n := range d.Nets {
			if i > 0 {
				t.line(nil)
			}
			t.network(n, d.Expand)
		}
		return
	}
	var heads [][]textLine
	for _, n := range d.Nets {
		head := []textLine{{{n.title, bold}}}
		for _, fact := range n.subtitle() {
			head = append(head, textLine{{fact, ""}})
		}
		heads = append(heads, head)
	}
	t.beside(heads, sketches, between)
	for _, name := range partNames(d.Nets) {
		var bodies [][]textLine
		stage := -1
		for i, n := range d.Nets {
			p, ok := n.part(name)
			if !ok {
				bodies = append(bodies, nil)
				continue
			}
			stage = p.Stage
			bodies = append(bodies, sketches[i].part(p))
		}
		t.rule(stage, []string{name}, total)
		t.beside(bodies, sketches, between)
	}
}

// beside writes blocks of lines side by side, each as wide as its sketch.
func (t *terminal) beside(blocks [][]textLine, sketches []*sketch, between int) {
	height := 0
	for _, b := range blocks {
		height = max(height, len(b))
	}
	for row := range height {
		var l textLine
		column := 0
		for i, b := range blocks {
			l = append(l, span{strings.Repeat(" ", column-l.width()), ""})
			if row < len(b) {
				l = append(l, b[row]...)
			}
			column = max(column+sketches[i].width()+between, l.width()+1)
		}
		t.line(l)
	}
}

// blocks draws one block of each network, or each kind.
func (t *terminal) blocks(d Drawing) error {
	for i, n := range d.Nets {
		if i > 0 {
			t.line(nil)
		}
		if d.Block != Variants {
			b, err := n.block(d.Block)
			if err != nil {
				return err
			}
			t.heading(n.title, []string{"input " + shapeWords(n.Input) + n.sides()})
			t.block(b, b.Path)
			continue
		}
		variants := n.variants()
		t.heading(n.title, []string{n.variantsFact(len(variants)), "input " + shapeWords(n.Input) + n.sides()})
		for _, v := range variants {
			t.block(v.block, v.title())
		}
	}
	return nil
}

func (t *terminal) block(b block, where string) {
	t.rule(b.stage, []string{where, b.Class + ", " + shortcutWords(b.Shortcut), article.StageResult(b.In, b.Out)}, ruleWidth)
	for _, l := range b.sketch(t.style.Width) {
		t.line(l)
	}
}
