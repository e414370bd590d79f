package draw

import (
	"fmt"
	"slices"
	"strings"

	"resnet/internal/graph"
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
		entries = append(entries, f.shortcutEntry(kind, shortcutMeaning(kind, blocks)))
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

func (f *Figure) shortcutEntry(kind, meaning string) entry {
	return entry{sampleWidth, func(at rect) {
		y := at.center().y
		f.add(&line{points: []point{{at.x, y}, {at.right(), y}}, width: 1.6, dash: shortcutDash(kind), ink: ink{role: soft}, arrow: true})
	}, meaning}
}

// shortcutMeaning says what stands on the shortcuts of a kind: an average pool where any of these blocks has one.
func shortcutMeaning(kind string, blocks []block) string {
	pooled, strided := false, false // a pool makes the map smaller, or a stride alone does
	convolution := ""
	for _, b := range blocks {
		if b.Shortcut != kind {
			continue
		}
		pools := slices.ContainsFunc(b.shortcut, func(l layer) bool { return l.Kind == graph.AvgPooling })
		pooled = pooled || pools
		strided = strided || !pools && !slices.Equal(b.In[2:], b.Out[2:])
		for _, l := range b.shortcut {
			if l.Kind == graph.Convolution {
				convolution = fmt.Sprintf("%d×%d convolution, batch norm", l.Kernel[0], l.Kernel[1])
			}
		}
	}
	switch kind {
	case model.ShortcutProjection:
		switch {
		case pooled && strided:
			return "projection: in some nets average pool, " + convolution
		case pooled:
			return "projection: average pool if strided, " + convolution
		}
		return "projection: " + convolution
	case model.ShortcutPad:
		way := "every n-th pixel"
		switch {
		case pooled && strided:
			way += " or the average of n×n"
		case pooled:
			way = "average of n×n pixels"
		}
		return "pad: " + way + " (n the stride), missing planes zero"
	}
	return "identity: x as it is"
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
