package draw

import "resnet/internal/model"

// Measures that figures share.
const (
	margin    = 20.0
	gap       = 13.0 // between layers, room for an arrow
	padding   = 8.0  // inside bands and panels
	bandGap   = 18.0 // between bands, room for the way from one to the next
	addRadius = 8.0  // of the sign at a shortcut's end
	shapeLine = 15.0 // height of a shape's text
)

// boxSize is the least size of a box around lines.
func boxSize(lines []string) (w, h float64) {
	return faceBox.widest(lines...) + 12, faceBox.leading()*float64(len(lines)) + 8
}

// layerBox draws a layer.
func (f *Figure) layerBox(r rect, l layer, stage int) {
	f.add(&box{rect: r, radius: 4, fill: stageInk(fill, stage), edge: stageInk(edge, stage), hint: l.hint(), path: l.Path})
	f.lines(r, faceBox, ink{role: words}, l.lines())
}

// arrow draws the way of the tensor from point to point.
func (f *Figure) arrow(points ...point) {
	f.add(&line{points: points, radius: 6, width: 1.3, ink: ink{role: soft}, arrow: true})
}

// shortcut draws a shortcut's way in the line of its kind.
func (f *Figure) shortcut(kind string, stage int, points ...point) {
	f.add(&line{points: points, radius: 10, width: 1.6, dash: shortcutDash(kind), ink: stageInk(edge, stage), arrow: true})
}

// shortcutDash is the line of a kind of shortcut: identity solid, projection dashed, pad dotted.
func shortcutDash(kind string) []float64 {
	switch kind {
	case model.ShortcutIdentity:
		return nil
	case model.ShortcutPad:
		return []float64{1.6, 2.8}
	}
	return []float64{6, 3}
}

// fork draws where a shortcut leaves the residual branch, plus where it is added.
func (f *Figure) fork(at point, stage int) {
	f.add(&mark{at: at, radius: 2.5, fill: stageInk(edge, stage)})
}

func (f *Figure) plus(at point, stage int) {
	f.add(&mark{at: at, radius: addRadius, plus: true, fill: ink{role: page}, edge: stageInk(edge, stage)})
}

// lead draws a way without an arrow's head.
func (f *Figure) lead(points ...point) {
	f.add(&line{points: points, radius: 6, width: 1.3, ink: ink{role: soft}})
}
