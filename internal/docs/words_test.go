package docs

import (
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	for command, want := range map[string][]string{
		"":                               nil,
		"  models ":                      {"models"},
		"summary --arch 34":              {"summary", "--arch", "34"},
		`trace --layers "layer3.* , fc"`: {"trace", "--layers", "layer3.* , fc"},
		`trace -f '{{.Path}}{{"\n"}}'`:   {"trace", "-f", `{{.Path}}{{"\n"}}`},
		`a '' b"c d"'e'`:                 {"a", "", "bc de"},
	} {
		if got, err := Words(command); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", command, got, err, want)
		}
	}
	if _, err := Words("a 'b"); err == nil {
		t.Error("an open quote is no error")
	}
}
