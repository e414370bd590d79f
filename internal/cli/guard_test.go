package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestGuard(t *testing.T) {
	for _, test := range []struct {
		name, text, terminal, log string
	}{
		{"words", "conv1 · 64×56\n", "conv1 · 64×56\n", "conv1 · 64×56\n"},
		{"a name's colours", "\x1b[1mbold\x1b[m", `\x1b[1mbold\x1b[m`, `\x1b[1mbold\x1b[m`},
		{"a title", "a\x1b]0;owned\x07b", `a\x1b]0;owned\x07b`, `a\x1b]0;owned\x07b`},
		{"a cleared screen", "\x1b[2Jx", `\x1b[2Jx`, `\x1b[2Jx`},
		{"an eight-bit sequence", "\u009b2J", `\u009b2J`, `\u009b2J`},
		{"a byte of none", "a\x9bb", `a\x9bb`, `a\x9bb`},
		{"a line taken back", "good\rbad", `good\x0dbad`, `good\x0dbad`},
		{"another direction", "a\u202egnp.exe", `a\u202egnp.exe`, `a\u202egnp.exe`},
		{"a command", "x\n::error::no\n ##[error]no\na ::b\n", "x\n::error::no\n ##[error]no\na ::b\n", "x\n\\x3a:error::no\n \\x23#[error]no\na ::b\n"},
	} {
		for _, ci := range []bool{false, true} {
			var out bytes.Buffer
			want := test.terminal
			if ci {
				want = test.log
			}
			if n, err := newGuard(&out, !ci, ci).Write([]byte(test.text)); n != len(test.text) || err != nil || out.String() != want {
				t.Errorf("%s, CI %v: %q, %d, %v, want %q", test.name, ci, out.String(), n, err, want)
			}
		}
		var out bytes.Buffer
		newGuard(&out, false, false).Write([]byte(test.text))
		if out.String() != test.text {
			t.Errorf("%s: a pipe gets %q", test.name, out.String())
		}
	}
}

// TestGuardInPieces: a writer may cut its text anywhere.
func TestGuardInPieces(t *testing.T) {
	const text = "64×56 \x1b[36m█\x1b[0m\n ::error::no\n##[error]no\n\x1b[2J a ::b\n雪\x1b"
	for _, ci := range []bool{false, true} {
		show := func(cut int) string {
			var out bytes.Buffer
			g := newGuard(&out, !ci, ci)
			g.colours = true
			for _, part := range []string{text[:cut], text[cut:]} {
				if n, err := g.Write([]byte(part)); n != len(part) || err != nil {
					t.Fatalf("%d, %v", n, err)
				}
			}
			g.flush()
			return out.String()
		}
		for cut := range len(text) {
			if got, want := show(cut), show(0); got != want {
				t.Errorf("CI %t, cut at byte %d: %q, want %q", ci, cut, got, want)
			}
		}
	}
}

// TestGuardColours: those of a view that has some pass, as long as that view is written.
func TestGuardColours(t *testing.T) {
	var out bytes.Buffer
	f := &factory{Out: newGuard(&out, true, false), color: "always", getenv: func(string) string { return "" }}
	for _, format := range []string{"table", "csv", "text", "markdown"} {
		f.look("", format)
		fmt.Fprintf(f.Out, "%s \x1b[1mbold\x1b[m\n", format)
	}
	want := "table \x1b[1mbold\x1b[m\ncsv \\x1b[1mbold\\x1b[m\ntext \x1b[1mbold\x1b[m\nmarkdown \\x1b[1mbold\\x1b[m\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// TestGuardedFile: what goes into a file keeps its bytes on CI too.
func TestGuardedFile(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	newGuard(file, false, true).Write([]byte("::a\x1b"))
	if got, err := os.ReadFile(file.Name()); err != nil || string(got) != "::a\x1b" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestUnwritable: one rule for all commands. Where stdout can't be written it is 2, and a closed pipe is silent.
func TestUnwritable(t *testing.T) {
	for _, args := range []string{"--help", "--version", "version", "trace 18 --shapes", "summary 18 -f json", "models", "weights list", "settings", "draw 18"} {
		for err, want := range map[error]int{syscall.ENOSPC: exitNothing, os.ErrClosed: exitNothing, syscall.EPIPE: exitOK} {
			code, stderr := runArgs(t.Context(), brokenWriter{err}, strings.Fields(args)...)
			if code != want || (stderr == "") != (want == exitOK) || strings.Count(stderr, "\n") > 1 {
				t.Errorf("%s, %v: exit code %d, want %d; stderr %q", args, err, code, want, stderr)
			}
		}
	}
}

func TestManyErrors(t *testing.T) {
	var errs []error
	for range 20_000 {
		errs = append(errs, errors.New("unknown key"))
	}
	var out bytes.Buffer
	(&factory{Err: &out}).printError(errors.Join(errs...))
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); len(lines) != 21 || lines[20] != "resnet: and 19,980 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

// TestModelsCheckCounts: what is wrong 20,000 times is counted.
func TestModelsCheckCounts(t *testing.T) {
	w := newWorld(t)
	w.file("many.yaml", "block: basic\n"+strings.Repeat("bad: 1\n", 1000))
	w.expect(1, "", "\nand 980 more\n", "models", "check", "many.yaml")
}
