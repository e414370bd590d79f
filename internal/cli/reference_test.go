package cli

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"resnet/internal/docs"
)

var update = flag.Bool("update", false, "rewrite golden files and the command reference")

// referenceDir holds a Markdown file for each command: its help.
const referenceDir = "../../docs/cli"

// TestReference compares the command reference with the commands; with -update it writes it.
func TestReference(t *testing.T) {
	want := reference()
	if *update {
		if err := os.MkdirAll(referenceDir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, page := range want {
		file := filepath.Join(referenceDir, name)
		if *update {
			if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != page {
			t.Errorf("docs/cli/%s is out of date; make docs writes it (%v)", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(referenceDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, ok := want[filepath.Base(file)]; ok {
			continue
		}
		if !*update {
			t.Errorf("docs/cli/%s is of no command; make docs removes it", filepath.Base(file))
		} else if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHelp: every command says what it does, has an example and stands in a group.
func TestHelp(t *testing.T) {
	for _, cmd := range allCommands(newTestRoot()) {
		path := cmd.CommandPath()
		switch {
		case path == "resnet completion":
			continue // cobra's
		case cmd.Short == "" || strings.HasSuffix(cmd.Short, "."):
			t.Errorf("%s: short description %q: want one without a full stop", path, cmd.Short)
		case !cmd.HasExample():
			t.Errorf("%s has no example", path)
		case cmd.GroupID == "" && cmd.HasParent() && !cmd.Parent().HasParent():
			t.Errorf("%s stands in no group", path)
		}
		for line := range strings.SplitSeq(description(cmd, helpWidth)+"\n"+cmd.Example, "\n") {
			if n := utf8.RuneCountInString(line); n > helpWidth {
				t.Errorf("%s: a line of %d characters in its help: %s", path, n, line)
			}
		}
	}
}

func newTestRoot() *cobra.Command {
	root := newRootCmd(newFactory(strings.NewReader(""), new(bytes.Buffer), new(bytes.Buffer)))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	return root
}

// allCommands lists cmd and what is below it that a user sees, without the shells of completion.
func allCommands(cmd *cobra.Command) []*cobra.Command {
	commands := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && cmd.Name() != "completion" {
			commands = append(commands, allCommands(sub)...)
		}
	}
	return commands
}

// reference is the text of each page, by file name.
func reference() map[string]string {
	root := newTestRoot()
	pages := map[string]string{}
	index := "# Commands\n\nWritten by `make docs` from the commands themselves.\n"
	for _, group := range root.Groups() {
		index += "\n## " + group.Title + "\n\n"
		for _, cmd := range allCommands(root) {
			if cmd.GroupID != group.ID {
				continue
			}
			name := referenceName(cmd)
			index += fmt.Sprintf("- [%s](%s): %s\n", cmd.CommandPath(), name, cmd.Short)
		}
	}
	pages["README.md"] = index
	for _, cmd := range allCommands(root) {
		if cmd.HasParent() {
			pages[referenceName(cmd)] = referencePage(cmd)
		}
	}
	return pages
}

func referenceName(cmd *cobra.Command) string {
	words := strings.Fields(cmd.CommandPath())
	return strings.Join(words[1:], "-") + ".md"
}

func referencePage(cmd *cobra.Command) string {
	cmd.InitDefaultHelpFlag()
	var help strings.Builder
	fmt.Fprintf(&help, "%s\n\n", description(cmd, helpWidth))
	if err := writeUsage(&help, cmd, helpWidth); err != nil {
		panic(err) // a strings.Builder takes everything
	}
	return fmt.Sprintf("# %s\n\n%s\n", cmd.CommandPath(), docs.Fence("text", help.String()))
}
