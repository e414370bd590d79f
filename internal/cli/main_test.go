package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
)

// brokenWriter fails as the system does.
type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// runArgs runs a command line outside of the process's environment.
func runArgs(ctx context.Context, out io.Writer, args ...string) (code int, stderr string) {
	var errOut bytes.Buffer
	f := &factory{In: strings.NewReader(""), Out: out, Err: &errOut, getenv: func(string) string { return "" }}
	return run(ctx, f, args), errOut.String()
}

func TestExitCodes(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	document := t.TempDir() + "/x.md"
	if err := os.WriteFile(document, []byte("<!-- resnet: summary 18 -->\n<!-- /resnet -->\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		ctx    context.Context
		out    io.Writer
		args   string
		code   int
		stderr string // what it starts with; "" for nothing at all
	}{
		{"well", t.Context(), io.Discard, "summary 18", 0, ""},
		{"help", t.Context(), io.Discard, "--help", 0, ""},
		{"usage", t.Context(), io.Discard, "summary --nonsense", 2, "resnet: unknown flag: --nonsense\nSee: resnet summary --help\n"},
		{"command", t.Context(), io.Discard, "sumary", 2, `resnet: resnet has no command "sumary"; did you mean "summary"?`},
		{"nothing done", t.Context(), io.Discard, "summary nosuch", 2, `resnet: no network "nosuch"`},
		{"no labels", t.Context(), io.Discard, "classify x.jpg --top 0", 2, `resnet: --top 0: want 1 or more, or all`},
		{"no image classified", t.Context(), io.Discard, "classify nosuch.jpg", 2, "nosuch.jpg: no such file or directory\n0 labelled, 1 failed"},
		{"no image prepared", t.Context(), io.Discard, "preprocess nosuch.jpg -o " + t.TempDir(), 2, "nosuch.jpg: no such file or directory\n0 written, 1 failed"},
		{"no image traced", t.Context(), io.Discard, "trace 20 --image nosuch.jpg", 2, "resnet: nosuch.jpg: no such file or directory"},
		{"none verified", t.Context(), io.Discard, "weights verify nosuch", 2, `nosuch: no weights are called "nosuch"`},
		{"stale", t.Context(), io.Discard, "docs --check " + document, 1, ""},
		{"not written", t.Context(), brokenWriter{syscall.ENOSPC}, "summary 18", 2, "resnet: standard output: no space left on device"},
		{"reader gone", t.Context(), brokenWriter{syscall.EPIPE}, "summary 18", 0, ""},
		{"interrupted", cancelled, io.Discard, "docs --check " + document, 130, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, stderr := runArgs(test.ctx, test.out, strings.Fields(test.args)...)
			if code != test.code || !strings.HasPrefix(stderr, test.stderr) || test.stderr == "" && stderr != "" {
				t.Errorf("exit code %d, want %d; stderr %q, want %q", code, test.code, stderr, test.stderr)
			}
		})
	}
}

func TestLook(t *testing.T) {
	for _, test := range []struct {
		name     string
		terminal int // columns; 0 is none
		env      map[string]string
		color    string
		width    int
		output   string
		want     string
	}{
		{"pipe", 0, nil, "auto", 0, "", "width 0, plain, unicode"},
		{"terminal", 80, nil, "auto", 0, "", "width 80, color, unicode"},
		{"NO_COLOR", 80, map[string]string{"NO_COLOR": "1"}, "auto", 0, "", "width 80, plain, unicode"},
		{"--color always", 0, map[string]string{"NO_COLOR": "1"}, "always", 0, "-", "width 0, color, unicode"},
		{"--color never", 80, nil, "never", 0, "", "width 80, plain, unicode"},
		{"dumb", 80, map[string]string{"TERM": "dumb"}, "auto", 0, "", "width 80, plain, unicode"},
		{"--width", 80, nil, "auto", 120, "", "width 120, color, unicode"},
		{"C locale", 0, map[string]string{"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "auto", 0, "", "width 0, plain, ascii"},
		{"Latin locale", 0, map[string]string{"LANG": "de_DE.ISO-8859-1"}, "auto", 0, "", "width 0, plain, ascii"},
		{"UTF-8 locale", 0, map[string]string{"LC_CTYPE": "C.utf8", "LANG": "C"}, "auto", 0, "", "width 0, plain, unicode"},
		{"file", 80, map[string]string{"LC_ALL": "C"}, "auto", 0, "x.txt", "width 0, plain, unicode"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &factory{
				outTerminal: test.terminal > 0, outColors: test.terminal > 0, columns: test.terminal,
				color: test.color, width: test.width,
				getenv: func(name string) string { return test.env[name] },
			}
			l := f.look(test.output, "table")
			words := map[bool]string{true: "color", false: "plain"}[l.Color] + ", " + map[bool]string{true: "unicode", false: "ascii"}[l.Unicode]
			if got := fmt.Sprintf("width %d, %s", l.Width, words); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

func TestFill(t *testing.T) {
	if got, want := fill("one two  three\nfour ×××", 8), "one two\nthree\nfour ×××"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
