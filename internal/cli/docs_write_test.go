package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/docs"
)

// TestDocsWriteKeepsEdits: a document that somebody has saved since it was read stays.
func TestDocsWriteKeepsEdits(t *testing.T) {
	const read = "<!-- resnet: models -->\n<!-- /resnet -->\n"
	blocks, err := docs.Parse("a.md", []byte(read))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.md")
	opts := &docsOptions{f: &factory{Out: io.Discard, Err: io.Discard, dir: filepath.Dir(path)}, write: true}
	for now, want := range map[string]string{
		read:              "<!-- resnet: models -->\n\ntable\n\n<!-- /resnet -->\n",
		"edited\n" + read: "edited\n" + read,
	} {
		if err := os.WriteFile(path, []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := opts.settle(t.Context(), "a.md", []byte(read), blocks, []string{"table\n"})
		if edited := now != read; edited != (err != nil) || edited && !strings.Contains(err.Error(), "a.md: changed while its tables were made") {
			t.Errorf("%q: %v", now, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%q became %q, %v", now, got, err)
		}
	}
}
