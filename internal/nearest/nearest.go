// Package nearest finds the word that a user probably meant.
package nearest

// To returns the option with the smallest edit distance to word, or "" where none is near: more than a third of the
// letters would have to change.
func To(word string, options []string) string {
	best, limit := "", max(1, (len(word)+2)/3)
	for _, option := range options {
		if d := distance(word, option); d <= limit && !otherNumber(word, option) {
			best, limit = option, d-1
		}
	}
	return best
}

// otherNumber tells words that are alike but for a number all of whose digits differ: resnet26 is no slip for resnet18.
func otherNumber(a, b string) bool {
	lettersA, digitsA := split(fold(a))
	lettersB, digitsB := split(fold(b))
	if lettersA != lettersB || len(digitsA) != len(digitsB) {
		return false
	}
	for i := range digitsA {
		if digitsA[i] == digitsB[i] {
			return false
		}
	}
	return len(digitsA) > 1
}

func split(word string) (letters, digits string) {
	for _, r := range word {
		if '0' <= r && r <= '9' {
			digits += string(r)
		} else {
			letters += string(r)
		}
	}
	return letters, digits
}

// Hint is `; did you mean "bottleneck"?`, or "" where nothing is near.
func Hint(word string, options []string) string {
	if option := To(word, options); option != "" {
		return `; did you mean "` + option + `"?`
	}
	return ""
}

// distance is Levenshtein's, over bytes, with case and the separators - _ . ignored at no cost.
func distance(a, b string) int {
	a, b = fold(a), fold(b)
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
