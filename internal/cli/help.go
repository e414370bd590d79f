package cli

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is that of help that does not go to a narrower terminal.
const helpWidth = 100

// setHelp replaces cobra's help with one that fits the terminal.
func setHelp(root *cobra.Command, f *factory) {
	root.SetUsageFunc(func(cmd *cobra.Command) error { return writeUsage(f.Err, cmd, f.helpWidth()) })
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		fmt.Fprintf(f.Out, "%s\n\n", description(cmd, f.helpWidth()))
		_ = writeUsage(f.Out, cmd, f.helpWidth()) // cobra takes no error from here
	})
}

func (f *factory) helpWidth() int {
	if width := f.look("", "").Width; width > 0 {
		return min(width, helpWidth)
	}
	return helpWidth
}

// description is the long text of cmd, or the short one, with its paragraphs filled to width.
func description(cmd *cobra.Command, width int) string {
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	paragraphs := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, p := range paragraphs {
		if strings.HasPrefix(p, " ") || strings.Contains(p, "\n ") { // indented lines stay by themselves
			paragraphs[i] = hanging(p, width)
		} else {
			paragraphs[i] = fill(p, width)
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// fill breaks text into lines of at most width characters.
func fill(text string, width int) string {
	var out strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		length := utf8.RuneCountInString(word)
		switch {
		case column == 0:
		case column+1+length > width:
			out.WriteByte('\n')
			column = 0
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += length
	}
	return out.String()
}

// twoColumns are lines of what something is called and, at least two spaces behind it, what it is.
var twoColumns = regexp.MustCompile(`(?m)^( *)(\S+(?: \S+)*)( {2,})(\S.*)$`)

// hanging breaks the second of two columns where lines are wider than width, beside the first or else below it. The first
// stays whole: commands are there to be copied.
func hanging(text string, width int) string {
	return twoColumns.ReplaceAllStringFunc(text, func(line string) string {
		if utf8.RuneCountInString(line) <= width {
			return line
		}
		parts := twoColumns.FindStringSubmatch(line)
		first, indent := parts[1]+parts[2]+parts[3], strings.Repeat(" ", utf8.RuneCountInString(parts[1]+parts[2]+parts[3]))
		const least = 24 // columns for a sentence
		if width-len(indent) < least {
			indent = parts[1] + "    "
			first = parts[1] + parts[2] + "\n" + indent
		}
		return first + strings.ReplaceAll(fill(parts[4], width-len(indent)), "\n", "\n"+indent)
	})
}

// writeUsage is help without the description.
func writeUsage(w io.Writer, cmd *cobra.Command, width int) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if cmd.Runnable() && cmd.HasParent() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", hanging(strings.TrimRight(cmd.Example, "\n"), width))
	}
	writeCommands(&b, cmd, width)
	writeFlags(&b, "Flags", cmd.LocalFlags(), width)
	writeFlags(&b, "Flags of every command", cmd.InheritedFlags(), width)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s COMMAND --help says more.\n", cmd.CommandPath())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeCommands lists the commands below cmd, by group where they have groups.
func writeCommands(b *strings.Builder, cmd *cobra.Command, width int) {
	groups := cmd.Groups()
	if len(groups) == 0 && cmd.HasAvailableSubCommands() {
		groups = []*cobra.Group{{Title: "Commands"}}
	}
	for _, group := range groups {
		title := "\n" + group.Title + ":\n"
		for _, sub := range cmd.Commands() {
			if sub.GroupID == group.ID && (sub.IsAvailableCommand() || sub.Name() == "help") {
				b.WriteString(title + hanging(fmt.Sprintf("  %-*s  %s", sub.NamePadding(), sub.Name(), sub.Short), width) + "\n")
				title = ""
			}
		}
	}
}

func writeFlags(b *strings.Builder, title string, flags *pflag.FlagSet, width int) {
	if flags.HasAvailableFlags() {
		fmt.Fprintf(b, "\n%s:\n%s", title, flags.FlagUsagesWrapped(width))
	}
}
