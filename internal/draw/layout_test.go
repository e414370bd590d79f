package draw

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"resnet/internal/config"
)

// TestLayout measures figures of every built-in network and of networks that nobody would train: nothing is cropped, no
// label overlaps another or a line, boxes lie inside or beside each other.
func TestLayout(t *testing.T) {
	for _, name := range config.Names() {
		checkAll(t, name, builtin(t, name))
	}
	nets := randomNets(t, 30)
	for i, n := range nets {
		checkAll(t, fmt.Sprintf("random %d (%s %s)", i, n.Spec.Block, n.Spec.Shortcut), n)
	}
	for i := range nets[1:] {
		checkFigure(t, fmt.Sprintf("random %d beside %d", i, i+1), Drawing{Nets: nets[i : i+2]})
	}
	var all []*Net
	for _, name := range config.Names() {
		all = append(all, builtin(t, name))
	}
	checkFigure(t, "all beside each other", Drawing{Nets: all})
	checkFigure(t, "variants of all", Drawing{Nets: all, Block: Variants})
}

func checkAll(t *testing.T, name string, n *Net) {
	t.Helper()
	nets := []*Net{n}
	checkFigure(t, name, Drawing{Nets: nets})
	checkFigure(t, name+" expanded", Drawing{Nets: nets, Expand: true})
	checkFigure(t, name+" variants", Drawing{Nets: nets, Block: Variants})
	checkFigure(t, name+" block", Drawing{Nets: nets, Block: "layer1.0"})
}

func checkFigure(t *testing.T, name string, d Drawing) {
	t.Helper()
	f, err := d.Figure()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	for _, problem := range f.problems() {
		t.Errorf("%s: %s", name, problem)
	}
}

// TestProblems proves that the measuring finds what it is for.
func TestProblems(t *testing.T) {
	word := func(f *Figure, x, y float64) { f.text(x, y, alignLeft, faceBox, ink{role: words}, "word") }
	layer := func(f *Figure, x, y, w, h float64) {
		f.add(&box{rect: rect{x, y, w, h}, fill: stageInk(fill, 0), edge: stageInk(edge, 0)})
	}
	for want, draw := range map[string]func(*Figure){
		"outside":           func(f *Figure) { word(f, 90, 50) },
		"overlaps the text": func(f *Figure) { word(f, 10, 50); word(f, 20, 55) },
		"sticks out of":     func(f *Figure) { layer(f, 5, 35, 20, 20); word(f, 10, 50) },
		"crosses the text":  func(f *Figure) { word(f, 10, 50); f.arrow(point{20, 10}, point{20, 90}) },
		"overlaps a box":    func(f *Figure) { layer(f, 5, 5, 20, 20); layer(f, 20, 5, 20, 20) },
		"crosses a box":     func(f *Figure) { layer(f, 5, 5, 20, 20); f.arrow(point{20, 3}, point{20, 60}) },
	} {
		f := &Figure{Width: 100, Height: 100}
		draw(f)
		if problems := f.problems(); len(problems) != 1 || !strings.Contains(problems[0], want) {
			t.Errorf("%q: %q", want, problems)
		}
	}
}

// problems lists what is wrong with a figure.
func (f *Figure) problems() []string {
	var found []string
	fail := func(format string, a ...any) { found = append(found, fmt.Sprintf(format, a...)) }
	page := rect{0, 0, f.Width, f.Height}
	var labels []*label
	var boxes []*box
	var lines []*line
	for _, s := range f.shapes {
		if !page.holds(s.bounds()) {
			fail("%T %+v is outside of %v×%v", s, s, f.Width, f.Height)
		}
		switch s := s.(type) {
		case *label:
			labels = append(labels, s)
		case *box:
			boxes = append(boxes, s)
		case *line:
			lines = append(lines, s)
		}
	}
	pairs(labels, func(a, b *label) {
		if a.bounds().overlaps(b.bounds()) {
			fail("the text %q overlaps the text %q", a.text, b.text)
		}
	})
	pairs(boxes, func(a, b *box) {
		if a.overlaps(b.rect) && !a.holds(b.rect) && !b.holds(a.rect) {
			fail("a box %+v overlaps a box %+v", a.rect, b.rect)
		}
	})
	near(labels, boxes, func(l *label, b *box) {
		if b.overlaps(l.bounds()) && !b.holds(l.bounds()) {
			fail("the text %q sticks out of the box %+v", l.text, b.rect)
		}
	})
	near(labels, lines, func(l *label, way *line) {
		if way.crosses(l.bounds()) && !slices.ContainsFunc(boxes, func(b *box) bool { return depth(b) == 3 && b.holds(l.bounds()) }) {
			fail("a line %v crosses the text %q", way.points, l.text)
		}
	})
	near(boxes, lines, func(b *box, way *line) {
		inner := rect{b.x + 1, b.y + 1, b.w - 2, b.h - 2}
		if depth(b) == 3 && way.crosses(inner) && !(way.ink.role == edge && way.crosses(rect{b.center().x - 1, b.center().y - 1, 2, 2})) {
			fail("a line %v crosses a box %+v", way.points, b.rect)
		}
	})
	return found
}

// near calls do with each a and b whose bounds overlap in height.
func near[A, B shape](as []A, bs []B, do func(A, B)) {
	bs = slices.SortedFunc(slices.Values(bs), func(a, b B) int { return cmp.Compare(a.bounds().y, b.bounds().y) })
	highest := 0.0
	for _, b := range bs {
		highest = max(highest, b.bounds().h)
	}
	for _, a := range as {
		r := a.bounds()
		from, _ := slices.BinarySearchFunc(bs, r.y-highest, func(b B, y float64) int { return cmp.Compare(b.bounds().y, y) })
		for _, b := range bs[from:] {
			if b.bounds().y > r.bottom() {
				break
			}
			do(a, b)
		}
	}
}

// pairs calls do with each two of the shapes whose bounds overlap in height.
func pairs[S shape](shapes []S, do func(a, b S)) {
	number := map[shape]int{}
	for i, s := range shapes {
		number[s] = i
	}
	near(shapes, shapes, func(a, b S) {
		if number[a] < number[b] {
			do(a, b)
		}
	})
}

func (r rect) holds(s rect) bool {
	return s.x >= r.x && s.y >= r.y && s.right() <= r.right() && s.bottom() <= r.bottom()
}

func (r rect) overlaps(s rect) bool {
	return s.x < r.right() && r.x < s.right() && s.y < r.bottom() && r.y < s.bottom()
}

// crosses tells whether a segment of the line runs through r.
func (l *line) crosses(r rect) bool {
	for i := range l.points[1:] {
		a, b := l.points[i], l.points[i+1]
		low, high := point{min(a.x, b.x), min(a.y, b.y)}, point{max(a.x, b.x), max(a.y, b.y)}
		if low.y < high.y { // a stroke ends where its line does: it is wide across it alone
			low.x, high.x = low.x-l.width/2, high.x+l.width/2
		}
		if low.x < high.x && a.x != b.x {
			low.y, high.y = low.y-l.width/2, high.y+l.width/2
		}
		segment := rect{low.x, low.y, high.x - low.x, high.y - low.y}
		if segment.overlaps(r) {
			return true
		}
	}
	return false
}
