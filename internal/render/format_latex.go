package render

import (
	"fmt"
	"io"
	"strings"
)

func init() { documents.Register("latex", Format{Write: writeLaTeX}) }

// longTable is the number of rows above which a table has to break over pages.
const longTable = 40

// writeLaTeX writes a document's tables for booktabs, its lines as a paragraph below them.
func writeLaTeX(w io.Writer, v View, _ Look) error {
	doc := v.Document()
	var out strings.Builder
	out.WriteString("% " + Look{Unicode: true}.words(strings.Join(doc.Title, " · ")) + "\n")
	out.WriteString("% needs \\usepackage{booktabs,longtable}\n")
	for _, t := range doc.Tables {
		if t.empty() {
			continue
		}
		latexTable(&out, t)
		out.WriteString("\n")
	}
	for i, parts := range doc.Lines {
		if i > 0 {
			out.WriteString(`\\` + "\n")
		}
		out.WriteString(escapeLaTeX(strings.Join(parts, " · ")))
	}
	if len(doc.Lines) > 0 {
		out.WriteString("\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func latexTable(out *strings.Builder, t Table) {
	environment := "tabular"
	if len(t.Rows) > longTable {
		environment = "longtable"
	}
	align := make([]byte, len(t.Columns))
	for i, c := range t.Columns {
		align[i] = 'l'
		if c.Right {
			align[i] = 'r'
		}
	}
	head, rows := t.lines(func(c Cell) string { return escapeLaTeX(c.Text) })
	fmt.Fprintf(out, "\\begin{%s}{@{}%s@{}}\n\\toprule\n", environment, align)
	out.WriteString(strings.Join(head.cells, " & ") + " \\\\\n\\midrule\n")
	if environment == "longtable" {
		out.WriteString("\\endhead\n")
	}
	for i, row := range rows {
		switch {
		case row.section != nil:
			latexSection(out, *row.section, len(align), i == 0)
			continue
		case row.total:
			out.WriteString("\\midrule\n")
		}
		out.WriteString(strings.Join(row.cells, " & ") + " \\\\\n")
	}
	fmt.Fprintf(out, "\\bottomrule\n\\end{%s}\n", environment)
}

func latexSection(out *strings.Builder, s Section, columns int, first bool) {
	if !first {
		out.WriteString("\\midrule\n")
	}
	if len(s.Parts) > 0 {
		fmt.Fprintf(out, "\\multicolumn{%d}{@{}l}{\\textbf{%s}} \\\\\n", columns, escapeLaTeX(strings.Join(s.Parts, " · ")))
	}
}

var latexSpecial = strings.NewReplacer(
	`\`, `\textbackslash{}`, "{", `\{`, "}", `\}`, "$", `\$`, "&", `\&`, "%", `\%`, "#", `\#`, "_", `\_`,
	"~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "<", `\textless{}`, ">", `\textgreater{}`, "|", `\textbar{}`,
	"->", `$\to$`, "×", `$\times$`, "→", `$\to$`, "·", `$\cdot$`, "…", `\dots{}`, "–", "--", "[", "{[}", "]", "{]}",
)

// escapeLaTeX makes s mean itself. A bracket is wrapped, as it would be an option after \\ at a row's end.
func escapeLaTeX(s string) string { return latexSpecial.Replace(Look{Unicode: true}.words(s)) }
