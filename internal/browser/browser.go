// Package browser shows pages to tests as Chromium does.
package browser

import (
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// Find is the path of a Chromium; the test is skipped where there is none.
func Find(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium: layout and scripts of pages are not tried")
	return ""
}

var result = regexp.MustCompile(`(?s)<output id="result">(.*?)</output>`)

// Run shows a page until its scripts rest, and reads the JSON that they left in <output id="result">.
func Run(t *testing.T, page string) map[string]any {
	t.Helper()
	browser := Find(t)
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir) // a process of the browser may still write there: that is no failure
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	// The page is ours: the sandbox, which containers lack, guards nothing here.
	cmd := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+dir,
		"--virtual-time-budget=10000", "--dump-dom", "file://"+file)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := result.FindSubmatch(out)
	if found == nil {
		t.Fatalf("no result: %.2000s", out)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(html.UnescapeString(string(found[1]))), &got); err != nil {
		t.Fatalf("%v: %s", err, found[1])
	}
	return got
}
