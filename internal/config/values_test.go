package config

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestValues: what is written is read back, whatever it holds.
func TestValues(t *testing.T) {
	want := map[string]string{"net": "resnet20_cifar", "data": "C:\\photos: \"mine\" #1\n'", "lr": "0.1", "nesterov": "false", "empty": ""}
	names := []string{"net", "data", "lr", "nesterov", "empty"}
	var keys []Key
	for _, name := range names {
		keys = append(keys, Key{name, want[name]})
	}
	text, err := FormatValues("what: a run", keys)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := ReadValues(t.Context(), path, names)
	if err != nil || !maps.Equal(got, want) || !strings.HasPrefix(string(text), "# what: a run\n") {
		t.Errorf("got %q, %v of\n%s", got, err, text)
	}
	for _, test := range []struct{ text, want string }{
		{"net: a\nnet: b\n", "net"},
		{"net: a\ndata: [1]\n", "data: want one value"},
		{"net: a\nother: 1\n", "other: is not known"},
		{"net: a\n", "data is missing"},
		{"- a\n", "want names and values"},
	} {
		if err := os.WriteFile(path, []byte(test.text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadValues(t.Context(), path, []string{"net", "data"}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %q", test.text, err, test.want)
		}
	}
}
