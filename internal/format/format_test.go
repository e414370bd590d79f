package format

import (
	"slices"
	"testing"
)

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return false
}

func TestKind(t *testing.T) {
	k := New[int]("a test")
	k.Register("csv", 1)
	k.Register("json", 2)
	k.Register("table", 3)
	if got := k.Formats("table", nil); !slices.Equal(got, []string{"table", "csv", "json"}) {
		t.Errorf("formats %v", got)
	}
	if got := k.Formats("table", func(w int) bool { return w != 3 }); !slices.Equal(got, []string{"csv", "json"}) {
		t.Errorf("formats but the table %v", got)
	}
	if w, err := k.Writer("json"); w != 2 || err != nil {
		t.Errorf("json is written by %d, %v", w, err)
	}
	if _, err := k.Writer("svg"); err == nil || err.Error() != `no format "svg" of a test` {
		t.Errorf("svg: %v", err)
	}
	for what, f := range map[string]func(){
		"a format twice":     func() { k.Register("csv", 4) },
		"an unknown format":  func() { k.Register("docx", 4) },
		"a kind twice":       func() { New[string]("a test") },
		"a format it lacked": func() { New[int]("another test").Register("csv", 1) },
	} {
		if panics(f) != (what != "a format it lacked") {
			t.Errorf("%s: a panic, or none", what)
		}
	}
}

func TestNames(t *testing.T) {
	if Canonical("md") != "markdown" || Canonical("csv") != "csv" || Canonical("what") != "what" {
		t.Error("other names")
	}
	for extension, want := range map[string]string{".txt": "text", ".markdown": "markdown", ".csv": "", ".what": ""} {
		if got := ByExtension(extension, []string{"text", "markdown"}); got != want {
			t.Errorf("%s is %q, want %q", extension, got, want)
		}
	}
	if !Binary("pdf") || Binary("svg") || Binary("what") {
		t.Error("which formats are binary")
	}
	seen := map[string]bool{}
	for _, w := range ways {
		for _, name := range append([]string{w.name}, w.aliases...) {
			if seen[name] {
				t.Errorf("%s is the name of two formats", name)
			}
			seen[name] = true
		}
	}
}
