package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// interrupter is a standard input that interrupts the run once ready says so.
type interrupter struct {
	cancel context.CancelFunc
	ready  func() bool
}

func (r interrupter) Read([]byte) (int, error) {
	for !r.ready() {
	}
	r.cancel()
	return 0, context.Canceled
}

// runInterrupted runs a command on an image and on standard input, and interrupts it as soon as the first row is written.
func runInterrupted(t *testing.T, dir string, args ...string) (out, stderr string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, errOut bytes.Buffer
	ready := func() bool {
		temps, err := filepath.Glob(filepath.Join(dir, ".out.*.partial"))
		if err != nil || len(temps) == 0 {
			return false
		}
		info, err := os.Stat(temps[0])
		return err == nil && info.Size() > 0
	}
	f := &factory{In: interrupter{cancel, ready}, Out: &stdout, Err: &errOut, dir: dir, getenv: func(string) string { return "" }}
	if code := run(ctx, f, args); code != exitInterrupted {
		t.Errorf("%q: exit code %d, want %d:\n%s", args, code, exitInterrupted, &errOut)
	}
	return stdout.String(), errOut.String()
}

// TestInterrupt wants what is done to be kept.
func TestInterrupt(t *testing.T) {
	for args, want := range map[string]string{
		"classify a.png - --threads 1 -o out.ndjson":       `"file":"a.png"`,
		"classify a.png - --threads 1 -o out.csv":          "a.png,1,",
		"classify a.png - --threads 1 -o out.json":         `"file":"a.png"`,
		"features a.png - --threads 1 -o out.features.csv": "a.png,",
		"features a.png - --threads 1 -o out.npy":          "NUMPY",
		"features a.png - --threads 1 -o out.safetensors":  `"files":"[\"a.png\"]"`,
	} {
		w := newWorld(t)
		w.image("a.png", 64, 64, 1)
		words := strings.Fields(args)
		name := filepath.Join(w.dir, words[len(words)-1])
		_, stderr := runInterrupted(t, w.dir, words...)
		partial, err := os.ReadFile(name + ".partial")
		if err != nil || !strings.Contains(string(partial), want) {
			t.Errorf("%s: %q, %v, want %s", args, partial, err, want)
		}
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s: %s is there", args, name)
		}
		if !strings.Contains(stderr, "interrupted after 1 image: what is done is in ") {
			t.Errorf("%s: stderr %q", args, stderr)
		}
		if strings.HasSuffix(args, ".json") && !json.Valid(partial) {
			t.Errorf("%s: not valid: %s", args, partial)
		}
		if left, _ := filepath.Glob(filepath.Join(w.dir, ".out.*")); len(left) > 0 {
			t.Errorf("%s: left over: %q", args, left)
		}
		runInterrupted(t, w.dir, words...)
		if again, err := os.ReadFile(name + ".partial"); err != nil || !bytes.Equal(again, partial) {
			t.Errorf("%s: the next interrupted run replaced what was kept: %v", args, err)
		}
		if again, err := os.ReadFile(name + ".2.partial"); err != nil || !bytes.Equal(again, partial) {
			t.Errorf("%s: the next interrupted run kept %q, %v", args, again, err)
		}
	}
}

// TestInterruptTerminal wants people to be told how far a run came that leaves no file.
func TestInterruptTerminal(t *testing.T) {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	w.photos("photos", 4)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for args, want := range map[string]string{
		"classify a.png a.png":              "\rinterrupted after no image\n",
		"bench 20 --runs 2":                 "\rinterrupted: nothing was measured\n",
		"similar a.png --in .":              "\rinterrupted: resnet similar did not finish\n",
		"report 20 --image a.png -o a.html": "\rinterrupted: the page was not written\n",
		"eval photos":                       "\rinterrupted: resnet eval did not finish\n",
	} {
		for _, terminal := range []bool{true, false} {
			var errOut bytes.Buffer
			f := &factory{In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &errOut, errTerminal: terminal, dir: w.dir, getenv: func(string) string { return "" }}
			code := run(cancelled, f, strings.Fields(args))
			if said := strings.HasSuffix(errOut.String(), want); code != exitInterrupted || said != terminal {
				t.Errorf("%s: exit code %d, terminal %v, stderr %q, want %q", args, code, terminal, errOut.String(), want)
			}
		}
	}
}

// canceller interrupts the run at the first line that is written to it and holds a text.
type canceller struct {
	bytes.Buffer
	cancel context.CancelFunc
	at     string
}

func (c *canceller) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(c.at)) {
		c.cancel()
	}
	return c.Buffer.Write(p)
}

// TestInterruptEval wants what was evaluated to be shown, and marked as a part.
func TestInterruptEval(t *testing.T) {
	w := newWorld(t)
	w.image("val/0/a.png", 64, 64, 1)
	w.file("val/0/b.png", "no picture")
	for i := range 100 {
		w.image(fmt.Sprintf("val/1/%02d.png", i), 64, 64, i)
	}
	interrupted := func(args ...string) (out, stderr string) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		errOut := canceller{cancel: cancel}
		w.out.Reset()
		f := &factory{In: strings.NewReader(""), Out: &w.out, Err: &errOut, dir: w.dir, getenv: func(string) string { return "" }}
		if code := run(ctx, f, append([]string{"eval", "val"}, args...)); code != exitInterrupted {
			t.Errorf("%q: exit code %d, want %d", args, code, exitInterrupted)
		}
		return w.out.String(), errOut.String()
	}
	for format, want := range map[string]string{
		"json": `"partial":true`, "table": "interrupted before the others", "csv": "top5,partial\n", "ndjson": `"partial":true}`,
	} {
		if out, _ := interrupted("--format", format); !strings.Contains(out, want) {
			t.Errorf("%s:\n%s\nwant %s", format, out, want)
		}
		if format == "json" {
			w.valid("eval.v1.json")
		}
	}
	// What a file holds stays until there is all of it.
	w.file("ev.csv", "complete")
	_, stderr := interrupted("-o", "ev.csv")
	if want := "is in ev.csv.partial\n"; !strings.Contains(stderr, want) {
		t.Errorf("stderr %q, want %q", stderr, want)
	}
	for name, want := range map[string]string{"ev.csv": "complete", "ev.csv.partial": ",true\n"} {
		if got, err := os.ReadFile(filepath.Join(w.dir, name)); err != nil || !strings.HasSuffix(string(got), want) {
			t.Errorf("%s: %q, %v, want %q at its end", name, got, err, want)
		}
	}
}

// TestInterruptFit wants fit to say how far it came, and what of it is kept.
func TestInterruptFit(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 30)
	w.expect(0, "", "", "fit", "photos", "-o", "net")
	before, err := os.ReadFile(filepath.Join(w.dir, "net", "card.json"))
	if err != nil {
		t.Fatal(err)
	}
	w.file("photos/fine/1.jpg", "no picture") // of which there is a line on stderr
	for args, want := range map[string]string{
		"fit photos -o net --exif ignore": ` of 91 photos: net was not written; features are kept, and the next fit goes on there`,
		"similar photos --in photos -r":   ` images`,
	} {
		ctx, cancel := context.WithCancel(t.Context())
		errOut := canceller{cancel: cancel, at: "fine/1.jpg"}
		f := &factory{In: strings.NewReader(""), Out: &w.out, Err: &errOut, errTerminal: true, dir: w.dir, getenv: w.getenv}
		code := run(ctx, f, strings.Fields(args))
		said := errOut.String()
		said = said[strings.LastIndex(said, "\rinterrupted"):]
		after, err := strconv.Atoi(strings.Fields(said)[2])
		if code != exitInterrupted || err != nil || after < 40 || after > 80 || !strings.HasSuffix(said, want+"\n") {
			t.Errorf("%s: exit code %d, stderr %q, want %q", args, code, errOut.String(), want)
		}
	}
	after, err := os.ReadFile(filepath.Join(w.dir, "net", "card.json"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the folder of the fit before is another one: %v", err)
	}
}
