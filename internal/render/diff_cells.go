package render

import (
	"fmt"
	"regexp"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// changedPath says where a change is: layer1.1–2.conv1.
func changedPath(c model.Change) Cell {
	where := c.Unit
	if len(c.Blocks) > 0 {
		where = model.BlockRange(c.Blocks)
		if c.Unit != "" {
			where += "." + c.Unit
		}
	}
	times := ""
	if len(c.Blocks) > 1 {
		times = fmt.Sprintf(" ×%d", len(c.Blocks))
	}
	switch c.Kind {
	case model.ChangedMaps:
		where = c.Part + " maps"
	case model.ChangedShortcut:
		return Cell{Text: where + " shortcut" + times, Exact: ascii.Replace(where) + " shortcut", Folded: []string{where, "  shortcut" + times}}
	}
	return Cell{Text: where + times, Exact: ascii.Replace(where)}
}

// sideCell is what a network has at a change.
func sideCell(c model.Change, s *model.Side) Cell {
	if s == nil {
		return Cell{Text: "-"}
	}
	switch c.Kind {
	case model.ChangedMaps:
		return shape(s.Out)
	case model.ChangedShortcut:
		return shortcutCell(s)
	case model.ChangedBlock:
		return blockCell(s)
	}
	return narrow(unitCell(s.Units[0].Layer, true), narrowSide)
}

// blockCell is a block: its layers, then what is added to them.
func blockCell(s *model.Side) Cell {
	parts := make([]Cell, len(s.Units))
	for i, u := range s.Units {
		parts[i] = narrow(unitCell(u.Layer, false), narrowSide)
	}
	if s.Shortcut != model.ShortcutNone {
		c := shortcutCell(s)
		c.Text, c.Exact, c.Folded[0] = "+ "+c.Text, "+ "+c.Exact, "+ "+c.Folded[0]
		parts = append(parts, c)
	}
	c := joined(parts, "; ")
	c.Folded = nil
	for _, part := range parts {
		c.Folded = append(c.Folded, part.Folded...)
	}
	return c
}

// shortcutCell is a shortcut with what stands on it.
func shortcutCell(s *model.Side) Cell {
	c := text(s.Shortcut)
	c.Folded = []string{s.Shortcut}
	separator := " "
	for _, u := range s.Side {
		unit := narrow(unitCell(u.Layer, false), narrowSide-2)
		c.Text += separator + unit.Text
		c.Exact += separator + unit.Exact
		for _, line := range unit.Folded {
			c.Folded = append(c.Folded, "  "+line)
		}
		separator = "; "
	}
	return c
}

// unitCell is a layer: kernel, planes (with those of its input, if they are asked for), and what is not usual. The
// shortcut's own name says that it is a pad, whose input is always of interest.
func unitCell(u graph.Layer, input bool) Cell {
	planes := fmt.Sprint(u.Output[1])
	if input || u.Kind == graph.Padding {
		planes = fmt.Sprintf("%d → %d", u.Inputs[0][1], u.Output[1])
	}
	words := u.Op.Label(planes)
	if u.Kind == graph.Padding {
		words = planes
	}
	for _, a := range u.Op.Unusual() {
		words += ", " + a.String()
	}
	return Cell{Text: words, Exact: strings.NewReplacer("×", "x", "→", "->").Replace(words)}
}

// Columns that keys, and what a network has, take where the terminal is narrow.
const narrowKey, narrowSide = 20, 20

// narrow breaks a cell behind commas, dots and underscores into lines of at most n columns.
func narrow(c Cell, n int) Cell {
	c.Folded = nil
	line := ""
	for _, piece := range breakable.FindAllString(c.Text, -1) {
		if line != "" && width(line)+width(strings.TrimSpace(piece)) > n {
			c.Folded = append(c.Folded, strings.TrimRight(line, " "))
			line = "  "
		}
		line += piece
	}
	c.Folded = append(c.Folded, strings.TrimRight(line, " "))
	return c
}

var breakable = regexp.MustCompile(`[^,;._]*(?:[,;] ?|[._]|$)`)
