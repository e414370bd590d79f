package render

import "testing"

// TestFill: a text is broken between words alone.
func TestFill(t *testing.T) {
	for _, test := range []struct {
		text  string
		limit int
		want  string
	}{
		{"one two three", 0, "one two three"},
		{"one two three", 13, "one two three"},
		{"one two three", 12, "one two\nthree"},
		{"a /folder/of/a/long/name b", 10, "a\n/folder/of/a/long/name\nb"},
		{"größe ×× über", 8, "größe ××\nüber"},
	} {
		if got := Fill(test.text, test.limit); got != test.want {
			t.Errorf("%q in %d columns: %q, want %q", test.text, test.limit, got, test.want)
		}
	}
}
