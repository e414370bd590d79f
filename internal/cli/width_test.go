package cli

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// wideViews are further command lines, of views that grow with what is asked for.
var wideViews = []string{
	"trace 50 --shapes --rows calls", "trace resnext50_32x4d --shapes --columns +dilation,+index,+shortcut,+params%", "trace 18 --stats --time",
	"trace plain20_cifar --anatomy", "trace 50 --anatomy --shapes", "trace 20 --ablate layer1.0+layer2.0,layer3.0",
	"summary 50", "summary 18 34 50 101 152", "summary 18 50 20 --blocks", "summary 50 --explain-flops", "summary resnext50_32x4d --blocks",
	"diff 50 50d --shapes", "diff 18 resnext50_32x4d --shapes", "diff tiny.safetensors LONG",
	"draw 50", "draw 18 34 50", "draw 50d --block variants", "draw resnext50_32x4d --block layer2.0", "draw 18 50 --block layer1.0",
	"weights inspect LONG", "weights verify",
	"bench --arch LONG --runs 1 --per-layer", "eval val --weights LONG --against tiny.safetensors",
	"classify FOLDER/b.png", "classify FOLDER/b.png --explain", "classify FOLDER a.png", "classify FOLDER a.png --top 3", "classify FOLDER a.png --top all",
	"version",
}

// mayBeWide are lines that a terminal has to break: what is there to be copied whole.
func mayBeWide(line string) bool {
	for _, whole := range []string{
		"  resnet ", "  RESNET_", "  curl ", // commands, in help
		"{{",           // a template, in help
		"description:", // a line of YAML
	} {
		if strings.Contains(line, whole) {
			return true
		}
	}
	return false
}

// TestNothingIsWiderThanTheTerminal: no line that a command shows is wider than the terminal, help among them; a new command
// is tried unasked.
func TestNothingIsWiderThanTheTerminal(t *testing.T) {
	w := showWorld(t)
	long := strings.Repeat("a rather long name ", 4) + "of a model.safetensors"
	folder := "photos of a long summer in the mountains"
	w.tiny(long)
	w.image(folder+"/IMG_2024-05-17 edited copy.png", 64, 64, 1)
	w.image(folder+"/b.png", 64, 64, 1)
	check := func(width string, columns int, args ...string) {
		if code := w.run(append(args, "--width", width)...); code == exitNothing || w.out.Len() == 0 {
			t.Errorf("%s: exit code %d, %s", strings.Join(args, " "), code, w.err.String())
		}
		for line := range strings.Lines(w.out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns && !mayBeWide(line) {
				t.Errorf("%s at %d columns: a line of %d: %s", strings.Join(args, " "), columns, n, line)
			}
		}
	}
	var helps [][]string
	var walk func(cmd *cobra.Command, path []string)
	walk = func(cmd *cobra.Command, path []string) {
		helps = append(helps, append(path[:len(path):len(path)], "--help"))
		for _, sub := range cmd.Commands() {
			walk(sub, append(path[:len(path):len(path)], sub.Name()))
		}
	}
	walk(newRootCmd(newFactory(strings.NewReader(""), io.Discard, io.Discard)), nil)
	lines := wideViews
	for name, views := range shown {
		if name != "features" { // a table for programs
			lines = append(lines, views...)
		}
	}
	for width, columns := range map[string]int{"60": 60, "80": 80} {
		for _, help := range helps {
			check(width, columns, help...)
		}
		for _, line := range lines {
			args := strings.Fields(line)
			for i := range args {
				args[i] = strings.NewReplacer("LONG", long, "FOLDER", folder).Replace(args[i])
			}
			check(width, columns, args...)
		}
	}
	check("60", 80, "models", "show", "50d") // a file of one's own begins so: it is as wide as files are
	check("60", 80, "weights", "inspect", "tiny.safetensors", "--config")
}
