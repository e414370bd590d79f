package draw

import (
	"fmt"
	"io"
	"strings"

	"resnet/internal/model"
)

// MaxMermaidEdges is how many edges GitHub, and Mermaid where nobody set it otherwise, will draw.
const MaxMermaidEdges = 500

// Edges counts the edges of a drawing as a chart; 0 where there is no such block.
func Edges(d Drawing) int {
	c, err := newChart(d)
	if err != nil {
		return 0
	}
	n := len(c.groups) - 1
	for _, g := range c.groups {
		n += len(g.edges)
	}
	return n
}

// writeMermaid writes a flowchart: a row for each stage, which Mermaid keeps as long as edges between rows lead from row
// to row, not from node to node.
func writeMermaid(w io.Writer, d Drawing, _ Style) error {
	c, err := newChart(d)
	if err != nil {
		return err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "flowchart TB\n  accTitle: %s\n  accDescr: %s\n", mermaidLine(c.title), mermaidLine(c.desc))
	direction := "LR"
	if d.Block != "" {
		direction = "TB" // side by side
	}
	for i, g := range c.groups {
		fmt.Fprintf(&out, "  subgraph %s[\"%s\"]\n    direction %s\n", g.id, mermaidText(g.title), direction)
		for _, n := range g.nodes {
			fmt.Fprintf(&out, "    %s%s:::s%d\n", n.id, mermaidShape(n), g.hue())
		}
		for _, e := range g.edges {
			fmt.Fprintf(&out, "    %s %s %s\n", e.from, mermaidArrow(e), e.to)
		}
		out.WriteString("  end\n")
		if !g.first {
			before := c.groups[i-1]
			fmt.Fprintf(&out, "  %s %s %s\n", before.id, mermaidArrow(edgeTo{label: before.shape}), g.id)
		}
	}
	c.mermaidColors(&out)
	_, err = io.WriteString(w, out.String())
	return err
}

// mermaidColors gives nodes and rows the colours of their stage.
func (c *chart) mermaidColors(out *strings.Builder) {
	seen := map[int]bool{}
	for _, g := range c.groups {
		color := func(r role) string { return hex(stageInk(r, g.stage).color(Light)) }
		if !seen[g.hue()] {
			fmt.Fprintf(out, "  classDef s%d fill:%s,stroke:%s,color:%s\n", g.hue(), color(fill), color(edge), color(words))
		}
		seen[g.hue()] = true
		fmt.Fprintf(out, "  style %s fill:transparent,stroke:%s\n", g.id, color(edge)) // edges have the colour of the page's text
	}
}

// hue numbers the colours of a group's stage.
func (g group) hue() int { return stageInk(fill, g.stage).hue }

func mermaidShape(n node) string {
	text := make([]string, len(n.lines))
	for i, line := range n.lines {
		text[i] = mermaidText(line)
	}
	label := `"` + strings.Join(text, "<br/>") + `"`
	switch n.kind {
	case endNode, forkNode:
		return "([" + label + "])"
	case addNode:
		return "((" + label + "))"
	}
	return "[" + label + "]"
}

func mermaidArrow(e edgeTo) string {
	arrow := map[string]string{"": "-->", model.ShortcutIdentity: "==>"}[e.kind]
	if arrow == "" {
		arrow = "-.->"
	}
	if e.label == "" {
		return arrow
	}
	return arrow + `|"` + mermaidText(e.label) + `"|`
}

// mermaidText writes text inside quotes.
func mermaidText(text string) string {
	return strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "`", "#96;").Replace(text)
}

// mermaidLine writes text that ends with its line.
func mermaidLine(text string) string {
	return strings.NewReplacer("#", "", ";", ",", "{", "(", "}", ")").Replace(text)
}
