package draw

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"resnet/internal/config"
)

// TestTextFits: what is drawn for a terminal is no wider than it, and nothing is left out for that.
func TestTextFits(t *testing.T) {
	words := func(text string) []string {
		words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n·│╎┊╮╯├⊕←─╌┈", r) })
		slices.Sort(words)
		return words
	}
	check := func(d Drawing, widths ...int) {
		write := func(width int) string {
			var out bytes.Buffer
			if err := Write(&out, d, "text", Style{Unicode: true, Width: width}); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
		wide := words(write(0))
		for _, width := range widths {
			text := write(width)
			for line := range strings.Lines(text) {
				if n := columnsOf(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s, block %q, at %d columns: a line of %d: %s", d.Nets[0].title, d.Block, width, n, line)
				}
			}
			if narrow := words(text); len(d.Nets) == 1 && !strings.Contains(text, "…") && !slices.Equal(narrow, wide) {
				t.Errorf("%s, block %q, at %d columns: other words:\n%s", d.Nets[0].title, d.Block, width, text)
			}
		}
	}
	for _, name := range config.Names() {
		n := []*Net{builtin(t, name)}
		check(Drawing{Nets: n}, 60, 80)
		check(Drawing{Nets: n, Block: Variants}, 50, 60, 80)
		check(Drawing{Nets: n, Block: "layer1.0"}, 50, 60, 80)
	}
	check(Drawing{Nets: []*Net{builtin(t, "resnet18"), builtin(t, "resnet34"), builtin(t, "resnet50")}}, 60, 80, 200)
	check(Drawing{Nets: []*Net{builtin(t, "resnet18"), builtin(t, "resnet50d")}, Block: Variants}, 60, 80, 200)
	for _, n := range randomNets(t, 30) {
		check(Drawing{Nets: []*Net{n}}, 100)
		check(Drawing{Nets: []*Net{n}, Block: Variants}, 80)
	}
}
