package cli

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"resnet/internal/serve"
)

func TestPageLink(t *testing.T) {
	for _, test := range []struct{ listens, token, want string }{
		{"127.0.0.1:8080", "", "http://127.0.0.1:8080/"},
		{"[::1]:80", "", "http://[::1]:80/"},
		{"0.0.0.0:8080", "a+b&c#d", "http://localhost:8080/#token=a%2Bb%26c%23d"},
		{"[::]:8080", "", "http://localhost:8080/"},
	} {
		if got := pageLink(pageAddress(test.listens), serve.Access{Token: test.token}); got != test.want {
			t.Errorf("%s: %s, want %s", test.listens, got, test.want)
		}
	}
}

// TestOpenBrowser: the system's own program is given the address; without one that is an error.
func TestOpenBrowser(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the program has another name here")
	}
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	const want = "no browser was opened: xdg-open: executable file not found in $PATH"
	if err := openBrowser(t.Context(), "http://localhost:1/"); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	script := "#!/bin/sh\necho \"$@\" > " + filepath.Join(dir, "seen") + "\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := openBrowser(t.Context(), "http://localhost:1/"); err != nil {
		t.Fatal(err)
	}
	if seen, err := os.ReadFile(filepath.Join(dir, "seen")); err != nil || string(seen) != "http://localhost:1/\n" {
		t.Errorf("%q, %v", seen, err)
	}
}

// TestServeOpenWithoutBrowser: whoever asked for a browser and has none is told where the page is.
func TestServeOpenWithoutBrowser(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the program has another name here")
	}
	t.Setenv("PATH", t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // nothing said would be no end
	defer cancel()
	told, tell := io.Pipe()
	f := newFactory(strings.NewReader(""), io.Discard, tell)
	f.getenv, f.settings = func(string) string { return "" }, false
	ended := make(chan int)
	go func() {
		code := run(ctx, f, []string{"serve", "--addr", "127.0.0.1:0", "--open"})
		tell.Close()
		ended <- code
	}()
	said := regexp.MustCompile(`^--open: no browser was opened: .*; open http://127\.0\.0\.1:\d+/ in a browser yourself$`)
	found := false
	for lines := bufio.NewScanner(told); lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "{") { // a line of the log
			found = said.MatchString(lines.Text())
			cancel()
		}
	}
	if code := <-ended; code != exitOK || !found {
		t.Errorf("exit code %d, and where the page is was said: %t", code, found)
	}
}
