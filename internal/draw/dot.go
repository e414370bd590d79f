package draw

import (
	"fmt"
	"io"
	"strings"

	"resnet/internal/model"
)

// writeDot writes a graph for Graphviz.
func writeDot(w io.Writer, d Drawing, _ Style) error {
	c, err := newChart(d)
	if err != nil {
		return err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "digraph {\n  graph [label=%s, labelloc=t, fontname=%s, fontsize=18]\n", dotText(c.title), dotText("Helvetica"))
	out.WriteString("  node [shape=box, style=\"rounded,filled\", fontname=Helvetica, fontsize=12]\n")
	out.WriteString("  edge [fontname=Helvetica, fontsize=10]\n")
	var last group
	for _, g := range c.groups {
		c.dotGroup(&out, g)
		if !g.first {
			fmt.Fprintf(&out, "  %s -> %s [label=%s]\n", last.end, g.nodes[0].id, dotText(last.shape))
		}
		last = g
	}
	out.WriteString("}\n")
	_, err = io.WriteString(w, out.String())
	return err
}

func (c *chart) dotGroup(out *strings.Builder, g group) {
	color := func(r role) string { return dotText(hex(stageInk(r, g.stage).color(Light))) }
	fmt.Fprintf(out, "  subgraph cluster_%s {\n    graph [label=%s, labeljust=l, style=filled, color=%s, fontsize=14]\n", g.id, dotText(g.title), color(band))
	fmt.Fprintf(out, "    node [fillcolor=%s, color=%s]\n", color(fill), color(edge))
	for _, n := range g.nodes {
		fmt.Fprintf(out, "    %s [label=%s%s]\n", n.id, dotText(strings.Join(n.lines, "\n")), dotShape(n))
	}
	for _, e := range g.edges {
		fmt.Fprintf(out, "    %s -> %s%s\n", e.from, e.to, dotEdge(e, color(edge)))
	}
	out.WriteString("  }\n")
}

func dotShape(n node) string {
	switch n.kind {
	case addNode:
		return `, shape=circle, style=filled, margin=0, width=0.3, fixedsize=true`
	case endNode, forkNode:
		return `, style="rounded,filled", fillcolor=white`
	}
	return ""
}

// dotEdge is an edge's label and the line of its kind.
func dotEdge(e edgeTo, color string) string {
	var attributes []string
	if e.label != "" {
		attributes = append(attributes, "label="+dotText(e.label))
	}
	switch e.kind {
	case "":
	case model.ShortcutIdentity:
		attributes = append(attributes, "color="+color)
	case model.ShortcutPad:
		attributes = append(attributes, "style=dotted", "color="+color)
	default:
		attributes = append(attributes, "style=dashed", "color="+color)
	}
	if attributes == nil {
		return ""
	}
	return " [" + strings.Join(attributes, ", ") + "]"
}

// dotText writes text inside quotes.
func dotText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
