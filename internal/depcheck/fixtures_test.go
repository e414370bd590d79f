package depcheck

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFixturesHoldNoTraces: exporters write into a file from where they were called, which tells folders of whoever made the
// fixture. The script that makes it takes them out.
func TestFixturesHoldNoTraces(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(filepath.ToSlash(path), "/testdata/") {
			return err
		}
		content, err := os.ReadFile(path)
		seen++
		for _, trace := range []string{"/site-packages/", "/dist-packages/", `File "/`} {
			if bytes.Contains(content, []byte(trace)) {
				t.Errorf("%s holds a trace of Python's calls: %s", filepath.ToSlash(path), trace)
			}
		}
		return err
	})
	if err != nil || seen == 0 {
		t.Errorf("%d fixtures, %v", seen, err)
	}
}
