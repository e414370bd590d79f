package render_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"

	"resnet/internal/render"
)

// columnsOf is the number of columns a line takes.
func columnsOf(line string) int {
	return (&runewidth.Condition{}).StringWidth(line)
}

func TestNothingIsWiderThanTheTerminal(t *testing.T) {
	all := views(t)
	for name, v := range longNamed(t) {
		all["long "+name] = v
	}
	for name, v := range all {
		for _, width := range []int{60, 80, 100, 140, 200} {
			text := write(t, v, "table", render.Look{Width: width, Unicode: true})
			for line := range strings.Lines(text) {
				if n := columnsOf(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s at %d columns: a line of %d: %s", name, width, n, line)
				}
				if strings.TrimRight(line, " \n")+"\n" != line {
					t.Errorf("%s at %d columns: a line ends in spaces: %q", name, width, line)
				}
			}
		}
	}
}

// A narrow table has fewer columns, but every cell that it has is whole.
func TestColumnsAreLeftOutWhole(t *testing.T) {
	full := words(write(t, trace(t, "layers", "resnet50"), "table", wide))
	for _, test := range []struct {
		width int
		note  string
	}{
		{100, ""},
		{80, "type"},
		{60, "type, params"},
		{50, "type, params, MACs, input"},
		{30, "type, params, MACs, input"},
	} {
		text := write(t, trace(t, "layers", "resnet50"), "table", render.Look{Width: test.width, Unicode: true})
		table, _, _ := strings.Cut(text, "\n\n") // the recap has its own columns
		for _, word := range words(table) {
			folded := func(path string) bool { return strings.HasPrefix(path, word) || strings.HasSuffix(path, "."+word) }
			if !slices.Contains(full, word) && !slices.ContainsFunc(full, folded) {
				t.Errorf("at %d columns: %q is not in the full table", test.width, word)
			}
		}
		for _, head := range []string{"kernel", "stride", "pad", "output"} {
			if !strings.Contains(table, head) {
				t.Errorf("at %d columns: no %s", test.width, head)
			}
		}
		note := regexp.MustCompile(`left out to fit \d+ columns: ([^(]*) \(see --width\)`).FindStringSubmatch(strings.ReplaceAll(text, "\n", " "))
		got := ""
		if note != nil {
			got = note[1]
		}
		if !strings.HasPrefix(got, test.note) || test.note == "" && got != "" {
			t.Errorf("at %d columns the note says %q, want %q", test.width, got, test.note)
		}
	}
}

// words are the words of a table, without its rules.
func words(table string) []string {
	return strings.FieldsFunc(table, func(r rune) bool { return r == ' ' || r == '\n' || r == '─' })
}

func TestASCII(t *testing.T) {
	for name, v := range views(t) {
		for _, format := range []string{"table", "markdown"} {
			text := write(t, v, format, render.Look{Width: 100})
			if i := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 || r == '?' }); i >= 0 {
				t.Errorf("%s as %s: %q", name, format, text[max(0, i-20):i+3])
			}
		}
	}
}

// Colour changes no letter.
func TestColor(t *testing.T) {
	escape := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for name, v := range views(t) {
		plain := write(t, v, "table", render.Look{Width: 100, Unicode: true})
		coloured := write(t, v, "table", render.Look{Width: 100, Unicode: true, Color: true})
		if strings.Contains(plain, "\x1b") || !strings.Contains(coloured, "\x1b") {
			t.Errorf("%s: colour where none was asked for, or none where it was", name)
		}
		if line := firstDifference(escape.ReplaceAllString(coloured, ""), plain); line != "" {
			t.Errorf("%s: %s", name, line)
		}
	}
}

// A name in a user's file can do nothing to a terminal or document.
func TestHostileName(t *testing.T) {
	p := pass(t, "resnet18")
	p.Spec.Name = "a\x1b[31m|b`_*<i>\u202e&amp;[x](y)\r\n"
	for format, want := range map[string]string{
		"table":    "a?[31m|b`_*<i>?&amp;[x](y)??",
		"markdown": "**a?\\[31m\\|b\\`\\_\\*\\<i>?\\&amp;\\[x](y)??**",
		"latex":    "% a?[31m|b`_*<i>?&amp;[x](y)??",
	} {
		trace := trace(t, "stages", "resnet18")
		trace.Spec.Name = p.Spec.Name
		first, _, _ := strings.Cut(write(t, trace, format, wide), "\n")
		if !strings.HasPrefix(first, want) {
			t.Errorf("%s: %q, want %q", format, first, want)
		}
	}
}

// Prettier pads every cell of a column to one width, counts wide letters twice, and fills the line of dashes.
func TestMarkdownIsPretty(t *testing.T) {
	dashes := regexp.MustCompile(`^(\| -{2,}[-:] )+\|$`)
	for name, v := range views(t) {
		var table []string
		check := func() {
			if table == nil {
				return
			}
			if len(table) < 2 || !dashes.MatchString(table[1]) {
				t.Errorf("%s: no line of dashes:\n%s", name, strings.Join(table, "\n"))
			}
			for _, line := range table {
				if columnsOf(line) != columnsOf(table[0]) || strings.Count(line, " |") != strings.Count(table[0], " |") {
					t.Errorf("%s: lines of different shape:\n%s\n%s", name, table[0], line)
				}
			}
			table = nil
		}
		for line := range strings.Lines(write(t, v, "markdown", wide)) {
			if strings.HasPrefix(line, "|") {
				table = append(table, strings.TrimSuffix(line, "\n"))
				continue
			}
			check()
		}
		check()
	}
}

func TestChooseColumns(t *testing.T) {
	initial := []string{"path", "type", "kernel", "output", "params", "macs"}
	for _, test := range []struct{ rows, choice, want, err string }{
		{"layers", "", "path type kernel output params macs", ""},
		{"layers", "output,path", "output path", ""},
		{"layers", "+groups,-macs,-type", "path kernel groups output params", ""},
		{"layers", "+kernel,-mean", "path type kernel output params macs", ""},
		{"layers", " Path , OUTPUT", "path output", ""},
		{"layers", "path,+groups", "", "either a list of names, or edits"},
		{"layers", "path,kernal", "", `no column "kernal"; did you mean "kernel"?`},
		{"layers", "calls", "", "rows of layers have none"},
		{"stages", "+kernel", "", "rows of stages have none"},
		{"layers", "path,,output", "", `no column ""`},
		{"layers", "-path,-type,-kernel,-output,-params,-macs", "", "no column is left"},
	} {
		got, err := render.ChooseColumns(test.rows, test.choice, initial)
		switch {
		case test.err != "":
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s %q: error %v, want %q", test.rows, test.choice, err, test.err)
			}
		case err != nil || strings.Join(got, " ") != test.want:
			t.Errorf("%s %q: %v, %v; want %s", test.rows, test.choice, got, err, test.want)
		}
	}
}

func TestUnaskedColumns(t *testing.T) {
	for net, want := range map[string]bool{"resnet50": false, "resnext50_32x4d": true} {
		if got := slices.Contains(trace(t, "layers", net).Columns, "groups"); got != want {
			t.Errorf("%s shows groups: %v", net, got)
		}
	}
}

func TestParseTemplate(t *testing.T) {
	for text, want := range map[string]string{
		"{{.Class":               "unclosed action",
		"{{.Clas}}":              "an event has Index, Path, Class",
		"{{.Stats.Mean}}":        "",
		"{{if .Kernel}}x{{end}}": "",
	} {
		_, err := render.ParseTemplate(text)
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func BenchmarkLongTable(b *testing.B) {
	v := trace(b, "layers", "resnet1202_cifar")
	for b.Loop() {
		write(b, v, "table", render.Look{Width: 80, Unicode: true})
	}
}
