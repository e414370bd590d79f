package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

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
	if err := openBrowser(t.Context(), "http://localhost:1/"); err == nil {
		t.Error("no program, and no error")
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
