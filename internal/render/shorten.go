package render

import (
	"slices"
	"unicode/utf8"
)

// Columns to which words may be cut where that spares a column from being left out: a class; a file's name; a name that
// people copy, which stays whole if it is no longer than those that are usual.
const (
	leastLabel = 12
	leastName  = 20
	wholeName  = 36
)

// cut shortens s to n columns, with an ellipsis where something is missing: at its end, or in its middle where both ends
// tell something, as those of a file's name do.
func cut(s string, n int, ellipsis string, middle bool) string {
	if width(s) <= n {
		return s
	}
	room := n - width(ellipsis)
	if room <= 0 {
		return beginning(ellipsis, n)
	}
	if !middle {
		return beginning(s, room) + ellipsis
	}
	return beginning(s, room/3) + ellipsis + ending(s, room-room/3) // what is different is mostly at the end
}

// beginning is as much of the start of s as n columns hold. Letters are counted one by one, which is never too few.
func beginning(s string, n int) string {
	for i, r := range s {
		if n -= width(string(r)); n < 0 {
			return s[:i]
		}
	}
	return s
}

// ending is as much of the end of s as n columns hold; it does not begin with an accent that has lost its letter.
func ending(s string, n int) string {
	from := len(s)
	for i := len(s); i > 0; {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
		w := width(string(r))
		if n -= w; n < 0 {
			break
		}
		if w > 0 {
			from = i
		}
	}
	return s[from:]
}

// narrowest is the table with as little of its words as still tells something.
func (t Table) narrowest() Table {
	t.Columns = slices.Clone(t.Columns)
	for i := range t.Columns {
		t.Columns[i].Least = min(t.Columns[i].Least, leastLabel)
	}
	return t
}

// shortened is the layout in at most limit columns, the widest of the columns that may be cut first; ok is false where
// it is too wide even with all of them at their least.
func (l layout) shortened(limit int, ellipsis string) (short layout, ok bool) {
	l.widths = slices.Clone(l.widths)
	for ok = l.width() <= limit; !ok; ok = l.width() <= limit {
		widest := -1
		for i, c := range l.columns {
			if c.Least > 0 && l.widths[i] > c.Least && (widest < 0 || l.widths[i] > l.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		l.widths[widest]--
	}
	l.head.cells = l.cut(l.head.cells, ellipsis)
	l.rows = slices.Clone(l.rows)
	for i := range l.rows {
		l.rows[i].cells = l.cut(l.rows[i].cells, ellipsis)
	}
	return l, ok
}

// cut is a line's cells, none of them wider than its column.
func (g grid) cut(cells []string, ellipsis string) []string {
	short := make([]string, len(cells))
	for i, words := range cells {
		short[i] = cut(words, g.widths[i], ellipsis, g.columns[i].Middle)
	}
	return short
}
