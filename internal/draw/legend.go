package draw

import (
	"strings"

	"resnet/internal/model"
)

// heading writes a title and what is said below it, and returns where the figure goes on.
func (f *Figure) heading(title string, facts []string, x, y, width float64) float64 {
	for _, text := range faceTitle.wrap(title, width) {
		f.text(x, y+faceTitle.baseline(), alignLeft, faceTitle, ink{role: words}, text)
		y += faceTitle.leading()
	}
	for _, text := range faceBox.wrapParts(facts, " · ", width) {
		f.text(x, y+faceBox.baseline()+2, alignLeft, faceBox, ink{role: soft}, text)
		y += faceBox.leading()
	}
	return y + padding + 4
}

// entry is a line of a legend: a sample and what it means.
type entry struct {
	width float64 // of the sample
	draw  func(at rect)
	text  string
}

const sampleWidth = 34.0

// legend explains the signs that figures of nets use, in lines from at.y on, and returns where they end.
func (f *Figure) legend(nets []*Net, at rect) float64 {
	x, y := at.x, at.y
	height := faceNote.leading() + 3
	for _, e := range f.entries(nets) {
		width := e.width + 6 + faceNote.widest(e.text)
		if x > at.x && x+width > at.right() {
			x, y = at.x, y+height
		}
		e.draw(rect{x, y, e.width, height})
		left := x + e.width + 6
		for i, text := range faceNote.wrap(e.text, at.right()-left) {
			if i > 0 {
				y += height
			}
			f.text(left, y+faceNote.baseline()+1, alignLeft, faceNote, ink{role: soft}, text)
		}
		x += width + gap
	}
	return y + height
}

func (f *Figure) entries(nets []*Net) []entry {
	var blocks []block
	for _, n := range nets {
		blocks = append(blocks, n.allBlocks()...)
	}
	entries := []entry{f.convEntry()}
	for _, kind := range shortcuts(blocks) {
		entries = append(entries, f.shortcutEntry(kind))
	}
	if len(shortcuts(blocks)) > 0 {
		entries = append(entries, entry{2 * addRadius, func(at rect) {
			f.add(&mark{at: at.center(), radius: addRadius, plus: true, fill: ink{role: page}, edge: ink{role: soft}})
		}, "add, then ReLU"})
	}
	return entries
}

func (f *Figure) convEntry() entry {
	const sample = "3×3, 64"
	return entry{faceNote.widest(sample) + 10, func(at rect) {
		f.add(&box{rect: rect{at.x, at.y, at.w, at.h - 1}, radius: 4, fill: stageInk(fill, -1), edge: stageInk(edge, -1)})
		f.text(at.center().x, at.y+faceNote.baseline()+1, alignCenter, faceNote, ink{role: words}, sample)
	}, "convolution (kernel, planes), batch norm, and ReLU unless an add follows"}
}

func (f *Figure) shortcutEntry(kind string) entry {
	meaning := map[string]string{
		model.ShortcutIdentity:   "identity: x as it is",
		model.ShortcutProjection: "projection: 1×1 convolution, batch norm",
		model.ShortcutPad:        "pad: every n-th pixel (n the stride), missing planes zero",
	}
	return entry{sampleWidth, func(at rect) {
		y := at.center().y
		f.add(&line{points: []point{{at.x, y}, {at.right(), y}}, width: 1.6, dash: shortcutDash(kind), ink: ink{role: soft}, arrow: true})
	}, meaning[kind]}
}

// wrapParts joins parts into lines no wider than width; a part that is wider itself is broken.
func (f face) wrapParts(parts []string, separator string, width float64) []string {
	var lines []string
	for _, part := range parts {
		if last := len(lines) - 1; last >= 0 && f.width(lines[last]+separator+part) <= width {
			lines[last] += separator + part
			continue
		}
		lines = append(lines, f.wrap(strings.TrimSpace(part), width)...)
	}
	return lines
}
