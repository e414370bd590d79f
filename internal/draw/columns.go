package draw

import (
	"fmt"
	"math"
	"slices"

	"resnet/internal/model"
	"resnet/internal/number"
)

// columns lays several networks out side by side, each a chain from top to bottom, as in figure 3 of He et al. (2015).
// Stages of the same number stand in one band.
type columns struct {
	fig    *Figure
	nets   []*Net
	expand bool

	boxWidth    float64   // of every layer
	side        float64   // of what stands on shortcuts
	left, right float64   // how far panels reach from the axis
	residual    bool      // a network has shortcuts: the layers of a plain one stand beside its
	axes        []float64 // of the networks
}

const (
	columnsLabel = 104.0 // column of the parts' names
	columnGap    = 24.0
	boxHeight    = 23.0
	sideGap      = 12.0 // between a box and the shortcut beside it
)

// step is a part of a chain that runs down: its height, and what draws it from y on.
type step struct {
	height        float64
	inset, outset float64 // how far inside of it the arrow from the last step ends, the one to the next begins
	shape         string  // what it puts out, where that is another shape than it takes
	draw          func(axis, y float64)
}

// drawColumns draws networks side by side.
func drawColumns(nets []*Net, expand bool) *Figure {
	c := &columns{fig: &Figure{}, nets: nets, expand: expand}
	c.measure()
	x := margin + columnsLabel
	for range nets {
		c.axes = append(c.axes, x+c.left)
		x += c.left + c.right + columnGap
	}
	c.fig.Width = x - columnGap + padding + margin

	y := c.heads()
	names := partNames(nets)
	ends := make([]float64, len(nets)) // where each chain stands
	for _, name := range names {
		y = c.band(name, y, ends) + bandGap
	}
	y = c.fig.legend(nets, rect{margin, y - 4, c.fig.Width - 2*margin, 0})
	c.fig.Height = y + margin
	c.describe()
	return c.fig
}

func (c *columns) describe() {
	for i, n := range c.nets {
		if i > 0 {
			c.fig.Title += ", "
			c.fig.Desc += " "
		}
		c.fig.Title += n.title
		c.fig.Desc += n.describe()
	}
	c.fig.Title = "Residual networks side by side: " + c.fig.Title
}

// measure finds the widths that all columns share.
func (c *columns) measure() {
	for _, n := range c.nets {
		c.boxWidth = max(c.boxWidth, faceBox.widest("output "+shapeWords(n.Input))+20)
		for _, p := range n.parts {
			for _, l := range p.allLayers() {
				c.boxWidth = max(c.boxWidth, faceBox.widest(l.line())+14)
			}
			for _, b := range p.blocks {
				c.residual = c.residual || b.Shortcut != model.ShortcutNone
				for _, l := range b.shortcut {
					w, _ := boxSize(l.lines())
					c.side = max(c.side, w)
				}
			}
		}
	}
	c.left = math.Ceil(c.boxWidth/2) + padding
	for _, n := range c.nets {
		for _, p := range n.parts {
			for _, r := range p.runs(c.expand) {
				c.right = max(c.right, c.timesAt(r)+faceStrong.widest(r.times())+padding)
			}
		}
	}
}

// sideAt is how far from the axis a block's shortcut runs, timesAt where its number stands.
func (c *columns) sideAt(r run) float64 {
	switch {
	case r.Shortcut == model.ShortcutNone:
		return math.Ceil(c.boxWidth / 2)
	case r.shortcut == nil:
		return math.Ceil(c.boxWidth/2) + sideGap
	}
	return math.Ceil(c.boxWidth/2) + sideGap + math.Ceil(c.side/2)
}

func (c *columns) timesAt(r run) float64 {
	at := c.sideAt(r)
	if r.shortcut != nil {
		at += math.Ceil(c.side / 2)
	}
	if r.count > 1 {
		at += 6
	}
	return at
}

// partNames are those of the parts that any network has, in order.
func partNames(nets []*Net) []string {
	deepest := slices.MaxFunc(nets, func(a, b *Net) int { return len(a.parts) - len(b.parts) })
	var names []string
	for _, p := range deepest.parts {
		names = append(names, p.Name)
	}
	return names
}

func (n *Net) part(name string) (part, bool) {
	i := slices.IndexFunc(n.parts, func(p part) bool { return p.Name == name })
	if i < 0 {
		return part{}, false
	}
	return n.parts[i], true
}

// heads writes what each network is above its column.
func (c *columns) heads() float64 {
	bottom := margin
	width := 2 * c.left
	for i, n := range c.nets {
		y := margin
		for _, text := range faceHead.wrap(n.title, width) {
			c.fig.text(c.axes[i], y+faceHead.baseline(), alignCenter, faceHead, ink{role: words}, text)
			y += faceHead.leading()
		}
		depth, _ := n.Spec.WeightedLayers()
		for _, fact := range []string{
			fmt.Sprintf("%d weighted layers", depth), number.Thousands(n.Params) + " params", macsWords(n.MACs),
		} {
			c.fig.text(c.axes[i], y+faceNote.baseline()+1, alignCenter, faceNote, ink{role: soft}, fact)
			y += faceNote.leading()
		}
		bottom = max(bottom, y)
	}
	return bottom + padding + 4
}

// band draws the part called name of every network. ends is where each chain stands, and moves on.
func (c *columns) band(name string, y float64, ends []float64) (bottom float64) {
	var chains [][]step
	height := 0.0
	stage := -1
	sizes := map[string]bool{}
	for _, n := range c.nets {
		p, ok := n.part(name)
		if !ok {
			chains = append(chains, nil)
			continue
		}
		stage = p.Stage
		if p.Stage >= 0 {
			sizes[p.Out[2:].Join("×")] = true
		}
		steps := c.steps(p)
		height = max(height, chainHeight(steps))
		chains = append(chains, steps)
	}
	at := rect{margin, y, c.fig.Width - 2*margin, height + 2*padding}
	c.fig.add(&box{rect: at, radius: 8, fill: stageInk(band, stage)})
	c.fig.text(at.x+padding, at.y+padding+faceHead.baseline(), alignLeft, faceHead, stageInk(title, stage), name)
	if len(sizes) == 1 {
		for size := range sizes {
			c.fig.text(at.x+padding, at.y+padding+faceHead.leading()+faceNote.baseline()+2, alignLeft, faceNote, ink{role: soft}, "output "+size)
		}
	}
	for i, steps := range chains {
		if steps != nil {
			ends[i] = c.chain(steps, c.axes[i], at.y+padding, ends[i])
		}
	}
	return at.bottom()
}

const (
	stepGap  = 13.0
	shapeGap = 24.0 // where a shape stands beside the line
)

// after is the space behind a step.
func (s step) after() float64 {
	if s.shape != "" {
		return shapeGap
	}
	return stepGap
}

func chainHeight(steps []step) float64 {
	height := 0.0
	for i, s := range steps {
		height += s.height
		if i < len(steps)-1 || s.shape != "" {
			height += s.after()
		}
	}
	return height
}

// chain draws steps from y on, with an arrow into each from where the chain stands, and returns where it stands then.
func (c *columns) chain(steps []step, axis, y, end float64) float64 {
	for _, s := range steps {
		s.draw(axis, y)
		if end > 0 {
			c.fig.arrow(point{axis, end}, point{axis, y + s.inset})
		}
		y += s.height
		end = y - s.outset
		if s.shape != "" {
			c.fig.text(axis+6, y+shapeGap/2+4, alignLeft, faceNote, ink{role: soft}, s.shape)
		}
		y += s.after()
	}
	return end
}

// steps are those of a part.
func (c *columns) steps(p part) []step {
	var steps []step
	if p.Name == "stem" {
		steps = append(steps, c.terminal("input "+shapeWords(p.In)))
	}
	for _, l := range p.layers {
		steps = append(steps, c.layer(l))
	}
	for _, r := range p.runs(c.expand) {
		steps = append(steps, c.block(r))
	}
	if p.Name == "head" {
		steps = append(steps, c.terminal("output "+shapeWords(p.Out)))
	}
	return steps
}

func (c *columns) terminal(text string) step {
	return step{height: boxHeight, draw: func(axis, y float64) {
		at := rect{axis - c.boxWidth/2, y, c.boxWidth, boxHeight}
		c.fig.add(&box{rect: at, radius: boxHeight / 2, fill: ink{role: page}, edge: ink{role: soft}})
		c.fig.lines(at, faceBox, ink{role: words}, []string{text})
	}}
}

func (c *columns) layer(l layer) step {
	return step{height: boxHeight, shape: changedShape(l.Inputs[0], l.Output), draw: func(axis, y float64) {
		c.fig.layerLine(rect{axis - c.boxWidth/2, y, c.boxWidth, boxHeight}, l, -1)
	}}
}

// layerLine draws a layer on one line.
func (f *Figure) layerLine(r rect, l layer, stage int) {
	f.add(&box{rect: r, radius: 4, fill: stageInk(fill, stage), edge: stageInk(edge, stage), hint: l.hint(), path: l.Path})
	f.lines(r, faceBox, ink{role: words}, []string{l.line()})
}
