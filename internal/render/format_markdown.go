package render

import (
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

func init() { documents.Register("markdown", Format{Write: writeMarkdown}) }

// writeMarkdown writes a document as Prettier would, so that a formatter of documents leaves it as it is.
func writeMarkdown(w io.Writer, v View, look Look) error {
	look = Look{Unicode: look.Unicode}
	spell := func(s string) string { return escapeMarkdown(look.words(s)) }
	doc := v.Document()

	var parts []string
	if doc.Title != nil {
		title := slices.Clone(doc.Title)
		for i, words := range title {
			title[i] = spell(words)
		}
		title[0] = "**" + strings.TrimSpace(title[0]) + "**"
		parts = append(parts, strings.TrimSpace(strings.Join(title, look.words(" · ")))+"\n")
	}
	for _, t := range doc.Tables {
		if t.empty() {
			continue
		}
		table, err := markdownTable(t, spell)
		if err != nil {
			return err
		}
		parts = append(parts, table)
	}
	if len(doc.Lines) > 0 {
		lines := make([]string, len(doc.Lines))
		for i, parts := range doc.Lines {
			lines[i] = spell(strings.Join(parts, " · "))
		}
		parts = append(parts, strings.Join(lines, "\\\n")+"\n")
	}
	_, err := io.WriteString(w, strings.Join(parts, "\n"))
	return err
}

func markdownTable(t Table, spell func(string) string) (string, error) {
	head, words := t.lines(func(c Cell) string { return spell(c.Text) })
	var rows []line
	for _, row := range words {
		if row.section != nil {
			row.cells = sectionCells(*row.section, len(head.cells), spell)
		}
		if row.total {
			row.cells = bold(row.cells)
		}
		if row.cells != nil {
			rows = append(rows, row)
		}
	}
	g := newGrid(t.Columns, head, rows, 3)
	lines, err := g.layOut(" | ")
	if err != nil {
		return "", err
	}
	dashes := make([]string, len(g.widths))
	for i, n := range g.widths {
		dashes[i] = strings.Repeat("-", n)
		if t.Columns[i].Right {
			dashes[i] = dashes[i][1:] + ":"
		}
	}
	lines = slices.Insert(lines, 1, strings.Join(dashes, " | "))
	return "| " + strings.Join(lines, " |\n| ") + " |\n", nil
}

// sectionCells is a boundary as a row: its first two parts, which are short, as a row cannot span columns. A mere rule
// is left out.
func sectionCells(s Section, columns int, spell func(string) string) []string {
	if len(s.Parts) == 0 {
		return nil
	}
	cells := make([]string, columns)
	cells[0] = "**" + spell(strings.Join(s.Parts[:min(2, len(s.Parts))], " · ")) + "**"
	return cells
}

func bold(cells []string) []string {
	for i, words := range cells {
		if words != "" {
			cells[i] = "**" + words + "**"
		}
	}
	return cells
}

// escapeMarkdown makes s mean itself, with no more backslashes than Prettier leaves in place.
func escapeMarkdown(s string) string {
	var out strings.Builder
	link := strings.Contains(s, "](") || strings.Contains(s, "][") || strings.Contains(s, "]:")
	before := ' '
	for i, r := range s {
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		switch {
		case strings.ContainsRune("\\`*<|~", r),
			r == '[' && link,
			r == '&' && (after == '#' || unicode.IsLetter(after)),
			r == '_' && !(isWord(before) && isWord(after)): // inside a word it is no emphasis
			out.WriteByte('\\')
		}
		out.WriteRune(r)
		before = r
	}
	return out.String()
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
