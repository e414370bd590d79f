package draw

import (
	"fmt"
	"strings"

	"resnet/internal/article"
	"resnet/internal/model"
)

// chart is a drawing as nodes and edges, for programs that lay it out themselves.
type chart struct {
	title, desc string
	groups      []group
}

// group is a stage, or a block where blocks are drawn. Groups of one network follow each other.
type group struct {
	id, title string
	stage     int
	first     bool   // of its network
	end       string // the node where the chain leaves it
	shape     string // what leaves it
	nodes     []node
	edges     []edgeTo
}

type node struct {
	id    string
	lines []string
	kind  nodeKind
}

type nodeKind int

const (
	layerNode nodeKind = iota
	endNode            // input and output
	forkNode           // where a block begins
	addNode
)

// edgeTo leads from one node to another.
type edgeTo struct {
	from, to string
	label    string // the shape, where it is worth a word
	kind     string // of a shortcut; "" on the residual branch
}

// newChart makes the nodes and edges of a drawing.
func newChart(d Drawing) (*chart, error) {
	c := &chart{}
	var titles []string
	for i, n := range d.Nets {
		titles = append(titles, n.title)
		prefix := ""
		if len(d.Nets) > 1 {
			prefix = fmt.Sprintf("n%d_", i+1)
		}
		if d.Block == "" {
			c.network(n, prefix, d)
			continue
		}
		if err := c.blocks(n, prefix, d.Block); err != nil {
			return nil, err
		}
	}
	c.title = strings.Join(titles, ", ")
	c.desc = strings.TrimSpace(c.desc)
	return c, nil
}

// network adds a group for each part.
func (c *chart) network(n *Net, prefix string, d Drawing) {
	c.desc += n.describe() + " "
	for i, p := range n.parts {
		b := builder{prefix: prefix, group: group{id: prefix + p.Name, stage: p.Stage, first: i == 0, title: p.Name}}
		if p.result != "" {
			b.title += ": " + p.result
		}
		if len(d.Nets) > 1 {
			b.title = n.title + " " + b.title
		}
		if p.Name == "stem" {
			b.next("input", endNode, "input", shapeWords(p.In))
		}
		for _, l := range p.layers {
			b.layer(l, l.lines())
		}
		for _, r := range p.runs(d.Expand) {
			b.next(r.Path, forkNode, r.title())
			b.block(r.block, layer.lines)
		}
		if p.Name == "head" {
			b.next("output", endNode, "output", shapeWords(p.Out))
		}
		b.shape = shapeWords(p.Out)
		c.add(b)
	}
}

// blocks adds a group for each kind of block, or for one block.
func (c *chart) blocks(n *Net, prefix, path string) error {
	if path == Variants {
		for i, v := range n.variants() {
			c.block(n, fmt.Sprintf("%svariant%d", prefix, i+1), v.title(), v.block)
		}
		return nil
	}
	b, err := n.block(path)
	if err == nil {
		c.block(n, prefix+"block", b.Path, b)
	}
	return err
}

// block adds a group for one block, with the shape at every edge.
func (c *chart) block(n *Net, id, where string, block block) {
	b := builder{prefix: id + "_", group: group{id: id, stage: block.stage, first: true}, all: true}
	b.title = fmt.Sprintf("%s %s, %s, %s", n.title, where, shortcutWords(block.Shortcut), article.StageResult(block.In, block.Out))
	c.desc += b.title + ". "
	b.next("input", endNode, "x")
	b.label = shapeWords(block.In)
	b.block(block, cardLines)
	for _, name := range followers(block.After) {
		b.next(name, layerNode, name)
		b.label = shapeWords(block.Out)
	}
	b.next("output", endNode, "output")
	c.add(b)
}

func (c *chart) add(b builder) {
	b.end = b.last
	c.groups = append(c.groups, b.group)
}

// builder adds a chain of nodes to a group.
type builder struct {
	group
	prefix string // of ids
	all    bool   // shapes stand at every edge, not only where they change
	last   string // the node at the end of the chain
	label  string // of the edge that leaves it
	kind   string // of the shortcut that the chain is
}

// next adds a node behind the last.
func (b *builder) next(name string, kind nodeKind, lines ...string) {
	id := b.prefix + strings.NewReplacer(".", "_", " ", "_").Replace(name)
	b.nodes = append(b.nodes, node{id: id, lines: lines, kind: kind})
	b.to(id)
}

// to leads the chain to a node.
func (b *builder) to(id string) {
	if b.last != "" {
		b.edges = append(b.edges, edgeTo{from: b.last, to: id, label: b.label, kind: b.kind})
	}
	b.last, b.label = id, ""
}

func (b *builder) layer(l layer, lines []string) {
	b.next(l.Path, layerNode, lines...)
	if b.all || !l.Output.Equal(l.Inputs[0]) {
		b.label = shapeWords(l.Output)
	}
}

// block adds the layers of a block behind the last node, which is where its shortcut begins.
func (b *builder) block(block block, lines func(layer) []string) {
	fork, label := b.last, b.label
	for _, l := range block.branch {
		b.layer(l, lines(l))
	}
	if block.Shortcut == model.ShortcutNone {
		return
	}
	b.next(block.Path+".add", addNode, "+")
	add := b.last
	b.last, b.label, b.kind = fork, label, block.Shortcut
	for _, l := range block.shortcut {
		b.layer(l, lines(l))
	}
	if block.shortcut == nil {
		b.label = model.ShortcutIdentity
	}
	b.to(add)
	b.kind = ""
	if b.all {
		b.label = shapeWords(block.Out)
	}
}
