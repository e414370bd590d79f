// Package printable shows names that come from files: of files, tensors, labels.
package printable

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Name is a name as a line of text may hold it: quoted where a terminal would obey a part of it, or show another name.
func Name(name string) string {
	if utf8.ValidString(name) && !strings.ContainsFunc(name, func(r rune) bool { return !Shows(r) }) {
		return name
	}
	return strconv.Quote(name)
}

// Shows tells whether a character shows itself: no control character, none that ends a line or a paragraph, and none that
// turns the direction of text, and so shows another name than there is.
func Shows(r rune) bool {
	return !unicode.IsControl(r) && !unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}
