// Package nearest finds the word that a user probably meant.
package nearest

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// To returns the option that is nearest to word, or "" where none is near: more than a third of the letters would have to
// change.
func To(word string, options []string) string {
	if near := nearest(word, options); len(near) > 0 {
		return near[0]
	}
	return ""
}

// Hint is `; did you mean "bottleneck"?`, or "" where nothing is near. A number between two that there are has both.
func Hint(word string, options []string) string {
	near := nearest(word, options)
	if len(near) == 0 {
		return ""
	}
	return `; did you mean "` + strings.Join(near, `" or "`) + `"?`
}

// nearest is the nearest option, or the two on both sides of a number. What word is the beginning of comes before what it
// was mistyped for.
func nearest(word string, options []string) []string {
	w := split(word)
	var best []string
	low, gap := max(1, (len(word)+2)/3), []int(nil)
	for _, option := range options {
		if begins(option, word) {
			return []string{option}
		}
		o := split(option)
		cost, apart := w.cost(o), w.apart(o)
		if cost > low {
			continue
		}
		switch nearer := slices.Compare(apart, gap); {
		case best == nil || cost < low || nearer < 0:
			best, low, gap = []string{option}, cost, apart
		case nearer == 0 && len(gap) == 1 && gap[0] > 0 && gap[0] < math.MaxInt && len(best) == 1 && split(best[0]).letters == o.letters:
			best = append(best, option)
		}
	}
	return best
}

// begins tells an option that word is the first part of: resnext50 of resnext50_32x4d.
func begins(option, word string) bool {
	rest, ok := strings.CutPrefix(option, word)
	if !ok || len(word) < 3 || rest == "" {
		return false
	}
	return !letter(rest[0]) && !(digit(rest[0]) && digit(word[len(word)-1]))
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func digit(c byte) bool  { return '0' <= c && c <= '9' }

// parts is a word with its numbers apart: two words that are alike but for them are of one family.
type parts struct {
	folded, letters string // letters has # for each number
	numbers         []int
}

func split(word string) parts {
	p := parts{folded: fold(word)}
	var letters strings.Builder
	for at := 0; at < len(word); {
		end := at
		for end < len(word) && digit(word[end]) {
			end++
		}
		if end == at {
			letters.WriteByte(word[at])
			at++
			continue
		}
		number, _ := strconv.Atoi(word[at:min(end, at+9)])
		p.numbers = append(p.numbers, number)
		letters.WriteByte('#')
		at = end
	}
	p.letters = fold(letters.String())
	return p
}

// cost counts what would have to change: letters, or a whole number at once.
func (p parts) cost(other parts) int {
	change := 0
	if !slices.Equal(p.numbers, other.numbers) {
		change = 1
	}
	return min(distance(p.folded, other.folded), distance(p.letters, other.letters)+change)
}

// apart is how far the numbers of two words are from each other, one by one: the first counts most. Where there are not as
// many in both, that is farther than any.
func (p parts) apart(other parts) []int {
	if len(p.numbers) != len(other.numbers) {
		return []int{math.MaxInt}
	}
	gaps := make([]int, len(p.numbers))
	for i, n := range p.numbers {
		gaps[i] = max(n-other.numbers[i], other.numbers[i]-n)
	}
	return gaps
}

// distance is Levenshtein's, over bytes.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// fold makes case and the separators - _ . count for nothing.
func fold(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		switch c := s[i]; {
		case c == '-' || c == '_' || c == '.':
		case 'A' <= c && c <= 'Z':
			out = append(out, c+'a'-'A')
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
