package render

import (
	"io"
	"strings"
)

// WritePanels writes pictures of characters side by side, each columns wide, as many in a row as fit; below each its lines
// of words, and at the end notes.
func WritePanels(w io.Writer, panels, words [][]string, notes []string, columns, total int, look Look) error {
	const gap, indent = 2, 2
	wide := columns
	for _, lines := range words {
		for _, text := range lines {
			wide = max(wide, width(look.words(text)))
		}
	}
	perRow := max(1, (total-indent+gap)/(wide+gap))
	var out strings.Builder
	for from := 0; from < len(panels); from += perRow {
		to := min(from+perRow, len(panels))
		height := 0
		for _, p := range panels[from:to] {
			height = max(height, len(p))
		}
		out.WriteString("\n")
		for y := range height {
			out.WriteString(strings.Repeat(" ", indent))
			for i, p := range panels[from:to] {
				line := strings.Repeat(" ", columns)
				if y < len(p) {
					line = p[y]
				}
				out.WriteString(line)
				if from+i+1 < to {
					out.WriteString(strings.Repeat(" ", wide-columns+gap))
				}
			}
			out.WriteString("\n")
		}
		count := 0
		for _, lines := range words[from:to] {
			count = max(count, len(lines))
		}
		for y := range count {
			line := strings.Repeat(" ", indent)
			for _, lines := range words[from:to] {
				text := ""
				if y < len(lines) {
					text = look.words(lines[y])
				}
				line += pad(text, wide+gap)
			}
			out.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	out.WriteString("\n")
	for _, note := range notes {
		for _, line := range fill(strings.Fields(look.words(note)), " ", total-indent) {
			out.WriteString("  " + pen{color: look.Color}.dim(line) + "\n")
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}
