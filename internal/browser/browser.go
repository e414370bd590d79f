// Package browser shows pages to tests as Chromium does.
package browser

import (
	"encoding/json"
	"fmt"
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
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd, end := command(t, "--virtual-time-budget=10000", "--dump-dom", "file://"+file)
	defer end()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := result.FindSubmatch(out)
	if found == nil {
		t.Fatalf("no result: %.2000s", out)
	}
	return read(t, []byte(html.UnescapeString(string(found[1]))))
}

// Visit shows the page at an address in a window of a width in pixels, until it has sent the JSON that results hands on.
func Visit(t *testing.T, address string, width int, results <-chan []byte) map[string]any {
	t.Helper()
	cmd, end := command(t, fmt.Sprintf("--window-size=%d,1000", width), "--remote-debugging-port=0", address)
	defer end()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case text := <-results:
		_ = cmd.Process.Kill()
		<-ended
		return read(t, text)
	case err := <-ended:
		t.Fatalf("the browser has ended: %v", err)
	}
	return nil
}

// command is a browser with a profile of its own, which end removes.
func command(t *testing.T, args ...string) (cmd *exec.Cmd, end func()) {
	t.Helper()
	browser := Find(t)
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	// The page is ours: the sandbox, which containers lack, guards nothing here.
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + dir}, args...)
	// A process of the browser may still write there at the end: that is no failure.
	return exec.CommandContext(t.Context(), browser, args...), func() { os.RemoveAll(dir) }
}

func read(t *testing.T, text []byte) (got map[string]any) {
	t.Helper()
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%v: %.2000s", err, text)
	}
	return got
}
