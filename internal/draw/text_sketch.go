package draw

import (
	"strings"

	"resnet/internal/model"
)

// sketch is a network in text: a gutter with the blocks' names, the layers with what they put out where that changes,
// and the shortcuts at their right.
type sketch struct {
	expand                bool
	limit                 int // columns at which a layer's words are broken; 0: not at all
	gutter, names, shapes int // columns
	side                  int // of what stands on shortcuts
}

// leastWords is the width below which words are not broken further.
const leastWords = 12

// fitted is a sketch in at most width columns, its layers' words broken for it; 0 is no limit.
func fitted(width int, measure func(limit int) *sketch) *sketch {
	s := measure(0)
	if over := s.width() - width; width > 0 && over > 0 {
		return measure(max(leastWords, s.names-over))
	}
	return s
}

// sketch is a network's, in at most width columns if that can be.
func (n *Net) sketch(expand bool, width int) *sketch {
	return fitted(width, func(limit int) *sketch { return n.measured(expand, limit) })
}

// measured is a sketch that knows how wide its columns become.
func (n *Net) measured(expand bool, limit int) *sketch {
	s := &sketch{expand: expand, limit: limit}
	s.fit("input " + shapeWords(n.Input))
	for _, p := range n.parts {
		for _, l := range p.layers {
			s.fitLayer(l)
		}
		for _, r := range p.runs(expand) {
			s.gutter = max(s.gutter, columnsOf(r.title()))
			for _, l := range r.branch {
				s.fitLayer(l)
			}
			for _, text := range r.sideText(sideLines) {
				s.side = max(s.side, columnsOf(text))
			}
		}
	}
	return s
}

func (s *sketch) fit(words string) {
	for _, line := range broken(words, s.limit) {
		s.names = max(s.names, columnsOf(line))
	}
}

// broken is text in lines of at most limit columns, broken behind commas and names; 0 is no limit.
func broken(text string, limit int) []string {
	if limit == 0 {
		return []string{text}
	}
	lines := []string{""}
	for part := range strings.SplitAfterSeq(text, ", ") {
		for piece := range strings.SplitAfterSeq(part, ": ") {
			last := &lines[len(lines)-1]
			if *last == "" || columnsOf(*last+strings.TrimRight(piece, " ")) <= limit {
				*last += piece
				continue
			}
			lines = append(lines, piece)
		}
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return lines
}

func (s *sketch) fitLayer(l layer) {
	s.fit(l.line())
	s.shapes = max(s.shapes, columnsOf(changedShape(l.Inputs[0], l.Output)))
}

// rail is the column in which shortcuts run, from the start of the chain.
func (s *sketch) rail() int {
	rail := 2 + s.names + 1
	if s.shapes > 0 {
		rail += s.shapes + 2
	}
	return rail
}

func (s *sketch) width() int { return s.gutter + 2 + s.rail() + 2 + s.side }

// title names a run's blocks: layer2.1–3 ×3.
func (r run) title() string { return strings.TrimSpace(r.path + " " + r.times()) }

// sideText is what is written beside a shortcut.
func (b block) sideText(lines func(layer) []string) []string {
	switch {
	case b.Shortcut == model.ShortcutNone:
		return nil
	case b.shortcut == nil:
		return []string{model.ShortcutIdentity}
	}
	var texts []string
	for _, l := range b.shortcut {
		texts = append(texts, lines(l)...)
	}
	return texts
}

// sideLines are a layer's words below each other, so that a sketch is narrow.
func sideLines(l layer) []string {
	lines := l.lines()
	for i := range len(lines) - 1 {
		lines[i] += ","
	}
	return lines
}

// part draws a part.
func (s *sketch) part(p part) []textLine {
	var lines []textLine
	indent := span{strings.Repeat(" ", s.gutter+2), ""}
	if p.Name == "stem" {
		lines = append(lines, textLine{indent, {"● input " + shapeWords(p.In), ""}})
	}
	for _, l := range p.layers {
		for _, line := range s.layer(l.line(), -1, changedShape(l.Inputs[0], l.Output)) {
			lines = append(lines, append(textLine{indent}, line...))
		}
	}
	for _, r := range p.runs(s.expand) {
		name := r.title()
		for i, l := range s.block(r.block, layer.line, sideLines, false) {
			if i > 0 {
				name = ""
			}
			name += strings.Repeat(" ", s.gutter+2-columnsOf(name))
			lines = append(lines, append(textLine{{name, dim}}, l...))
		}
	}
	if p.Name == "head" {
		lines = append(lines, textLine{indent, {"● output " + shapeWords(p.Out), ""}})
	}
	return lines
}

// layer is a layer's line, or several: its sign, its words and what it puts out.
func (s *sketch) layer(words string, stage int, shape string) []textLine {
	var lines []textLine
	for i, text := range broken(words, s.limit) {
		if i > 0 {
			lines = append(lines, textLine{{"│ ", ""}, {text, ""}})
			continue
		}
		line := textLine{{"■ ", stageCode(stage)}, {text, ""}}
		if shape != "" {
			line = append(line, span{strings.Repeat(" ", s.names-columnsOf(text)+2), ""}, span{shape, dim})
		}
		lines = append(lines, line)
	}
	return lines
}

// strokes are the horizontal and the vertical line of a kind of shortcut.
func strokes(kind string) (level, upright string) {
	switch kind {
	case model.ShortcutIdentity:
		return "─", "│"
	case model.ShortcutPad:
		return "┈", "┊"
	}
	return "╌", "╎"
}

// block draws a block, with words for a layer and sideWords for one on the shortcut; all has the shape at every layer.
func (s *sketch) block(b block, words func(layer) string, sideWords func(layer) []string, all bool) []textLine {
	var lines []textLine
	for _, l := range b.branch {
		shape := changedShape(l.Inputs[0], l.Output)
		if all {
			shape = shapeWords(l.Output)
		}
		lines = append(lines, s.layer(words(l), b.stage, shape)...)
	}
	if b.Shortcut == model.ShortcutNone {
		return lines
	}
	side := b.sideText(sideWords)
	for len(lines) < len(side) {
		lines = append(lines, textLine{{"│", ""}})
	}
	code := stageCode(b.stage)
	level, upright := strokes(b.Shortcut)
	first := len(lines) - len(side) // the texts stand beside the last layers
	for i := range lines {
		text := upright
		if i >= first {
			text += " " + side[i-first]
		}
		lines[i] = append(lines[i], span{strings.Repeat(" ", s.rail()-lines[i].width()), ""}, span{text, code})
	}
	fork := textLine{{"├", ""}, {strings.Repeat(level, s.rail()-1) + "╮", code}}
	plus := textLine{{"⊕", code}, {"←" + strings.Repeat(level, s.rail()-2) + "╯", code}}
	return append(append([]textLine{fork}, lines...), plus)
}

// sideLimit is where words beside a shortcut are broken if they make a sketch too wide.
const sideLimit = 20

// sketch draws one block in full, in at most width columns if that can be: every layer with its name, what follows it and
// what it puts out.
func (b block) sketch(width int) []textLine {
	words := func(l layer) string {
		lines := cardLines(l)
		return lines[0] + ": " + strings.Join(lines[1:], ", ")
	}
	side := func(l layer) []string { return []string{words(l)} }
	measure := func(limit int) *sketch {
		s := &sketch{limit: limit}
		s.fit("x")
		s.shapes = max(columnsOf(shapeWords(b.In)), columnsOf(shapeWords(b.Out)))
		for _, l := range b.branch {
			s.fit(words(l))
			s.shapes = max(s.shapes, columnsOf(shapeWords(l.Output)))
		}
		for _, text := range b.sideText(side) {
			s.side = max(s.side, columnsOf(text))
		}
		return s
	}
	if width > 0 && measure(0).width() > width {
		side = func(l layer) []string { return broken(words(l), sideLimit) }
	}
	s := fitted(width, measure)
	pad := func(text string) string { return text + strings.Repeat(" ", s.names-columnsOf(text)+2) }
	lines := []textLine{{{"● " + pad("x"), ""}, {shapeWords(b.In), dim}}}
	lines = append(lines, s.block(b, words, side, true)...)
	for _, name := range followers(b.After) {
		lines = append(lines, textLine{{"■ ", stageCode(b.stage)}, {pad(name), ""}, {shapeWords(b.Out), dim}})
	}
	return lines
}
