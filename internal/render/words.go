package render

import (
	"strings"
	"unicode"

	"resnet/internal/printable"
)

// ascii spells what the views write beyond ASCII.
var ascii = strings.NewReplacer("×", "x", "Δ ", "delta ", "→", "->", " · ", " - ", "·", "*", "─", "-", "–", "-", "…", "...")

// words is text that is safe to show: no control characters, which a name in a file may hold, and no letters that the
// locale does not have.
func (l Look) words(s string) string {
	if !l.Unicode {
		s = ascii.Replace(s)
	}
	return strings.Map(func(r rune) rune {
		if !printable.Shows(r) || !l.Unicode && r > unicode.MaxASCII {
			return '?'
		}
		return r
	}, s)
}

// ellipsis stands for words that were cut off.
func (l Look) ellipsis() string { return l.words("…") }

// wrap joins parts with a separator, in lines of at most limit columns; 0 is no limit. A part that alone is wider is
// broken at its spaces, and a word that is wider, a file's name most often, loses its middle.
func (l Look) wrap(parts []string, separator string, limit int) []string {
	if limit <= 0 || width(strings.Join(parts, separator)) <= limit {
		return []string{strings.Join(parts, separator)}
	}
	var pieces []string
	for _, part := range parts {
		for _, piece := range fill(strings.Fields(part), " ", limit) {
			pieces = append(pieces, cut(piece, limit, l.ellipsis(), true))
		}
	}
	return fill(pieces, separator, limit)
}

// Fill breaks a text at its spaces, in lines of at most limit columns; 0 is no limit. A word that is wider stays whole.
func Fill(text string, limit int) string {
	if limit <= 0 || width(text) <= limit {
		return text
	}
	return strings.Join(fill(strings.Fields(text), " ", limit), "\n")
}

// fill joins words into lines.
func fill(words []string, separator string, limit int) []string {
	var lines []string
	for i, word := range words {
		if last := len(lines) - 1; i > 0 && width(lines[last])+width(separator)+width(word) <= limit {
			lines[last] += separator + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

// pen marks words on a terminal that shows it.
type pen struct{ color bool }

func (p pen) bold(s string) string { return p.mark("1", s) }
func (p pen) dim(s string) string  { return p.mark("2", s) }

func (p pen) mark(code, s string) string {
	if !p.color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
