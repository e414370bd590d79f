package render

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

// Words come out as they went in: neither cut, broken, trimmed nor spelled otherwise.
func TestLayOut(t *testing.T) {
	columns := []Column{{}, {Right: true}, {}, {}}
	head := line{cells: []string{"resNet_head", "MACs", "", "in → out"}}
	rows := []line{
		{cells: []string{" layer1.0 ", "1", "", "3×224×224 → 64×112×112"}},
		{},
		{cells: []string{"日本", "12,345", "", "e\u0301─👩‍👩‍👧"}}, // a letter and its accent; three faces, joined
		{cells: []string{"", "", "", "-"}},
	}
	lines, err := newGrid(columns, head, rows, 1).layOut(" | ")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"resNet_head |   MACs |   | in → out              ",
		" layer1.0   |      1 |   | 3×224×224 → 64×112×112",
		"            |        |   |                       ",
		"日本        | 12,345 |   | e\u0301─👩‍👩‍👧              ",
		"            |        |   | -                     ",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("%q\nwant\n%q", lines, want)
	}
}

// The same words have the same places in any locale and terminal.
func TestLayOutAnywhere(t *testing.T) {
	for _, variable := range []string{"RUNEWIDTH_EASTASIAN=1", "LC_ALL=ja_JP.eucJP", "LC_ALL=C"} {
		test := exec.Command(os.Args[0], "-test.run=^TestLayOut$")
		test.Env = []string{variable}
		if out, err := test.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", variable, err, out)
		}
	}
}
