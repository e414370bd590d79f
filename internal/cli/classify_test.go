package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// world runs command lines in a directory of its own.
type world struct {
	t        *testing.T
	dir      string
	in       string
	out, err bytes.Buffer
}

func newWorld(t *testing.T) *world { return &world{t: t, dir: t.TempDir()} }

// run is one command line without environment and terminal.
func (w *world) run(args ...string) int {
	w.out.Reset()
	w.err.Reset()
	f := newFactory(strings.NewReader(w.in), &w.out, &w.err)
	f.getenv = w.getenv
	f.settings, f.dir = false, w.dir
	return run(context.Background(), f, args)
}

// getenv is an environment of nothing but a cache that is not the machine's.
func (w *world) getenv(name string) string {
	if name == "RESNET_CACHE" {
		return filepath.Join(w.dir, ".cache")
	}
	return ""
}

// image writes a picture: a wave of colours, other ones for each seed.
func (w *world) image(name string, width, height, seed int) {
	w.t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, wave(width, height, seed)); err != nil {
		w.t.Fatal(err)
	}
	w.file(name, b.String())
}

func wave(width, height, seed int) image.Image {
	im := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			v := func(k int) uint8 { return uint8(x*(k+seed) + y*(3-k+seed)) }
			im.SetRGBA(x, y, color.RGBA{v(0), v(1), v(2), 255})
		}
	}
	return im
}

func (w *world) file(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		w.t.Fatal(err)
	}
}

// expect runs a command line that must end with code, and whose output and errors must contain the texts.
func (w *world) expect(code int, out, err string, args ...string) {
	w.t.Helper()
	if got := w.run(args...); got != code || !strings.Contains(w.out.String(), out) || !strings.Contains(w.err.String(), err) {
		w.t.Errorf("%v: exit code %d, want %d\nstdout, want %q:\n%s\nstderr, want %q:\n%s", args, got, code, out, w.out.String(), err, w.err.String())
	}
}

func TestClassifyOne(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 120, 80, 1)
	w.expect(0, "img.png   120×80   resnet18_tiny (built in: 200 classes, sees 64×64 pixels)", "", "classify", "img.png")
	if n := strings.Count(w.out.String(), " %\n"); n != 5 {
		t.Errorf("%d labels, want 5:\n%s", n, w.out.String())
	}
	w.expect(0, "resized      109×73, shorter side to 73, bilinear", "", "classify", "img.png", "--explain")
	w.expect(0, "crop         64×64 at x 22, y 4", "", "classify", "img.png", "--explain")
	w.expect(0, "crop         40×48", "", "classify", "img.png", "--explain", "--crop", "48x40")
	w.expect(0, "crop         64×64", "", "classify", "img.png", "--explain", "-o", "seen")
	for name, size := range map[string]string{"decoded": "120×80", "resized": "109×73", "crop": "64×64"} {
		w.expect(0, "decoded      "+size+" PNG", "", "classify", "seen/img.png."+name+".png", "--explain")
	}
	w.expect(2, "", "--output a.csv: --explain writes pictures to a directory", "classify", "img.png", "--explain", "-o", "a.csv")
	w.expect(2, "", "--explain is for one image", "classify", "img.png", "img.png", "--explain")
	w.expect(0, "\n\n  unsure: no label has 99.9 %\n", "", "classify", "img.png", "--min-probability", "0.999")
	w.expect(0, "(unsure)", "", "classify", "img.png", "img.png", "--min-probability", "0.999")
	w.expect(0, "(unsure)", "", "classify", "img.png", "--min-probability", "0.999", "--format", "markdown")
	w.expect(0, `"unsure":true`, "", "classify", "img.png", "--min-probability", "0.999", "--format", "json")
	w.valid("classify.v1.json")
	w.expect(0, ",error,unsure\n", "", "classify", "img.png", "--min-probability", "0.999", "--format", "csv")
	if n := strings.Count(w.out.String(), ",,unsure\n"); n != 5 {
		t.Errorf("%d lines are unsure, want 5:\n%s", n, w.out.String())
	}
	w.expect(0, "", "", "classify", "img.png", "--min-probability", "0.0001")
	if strings.Contains(w.out.String(), "unsure") {
		t.Errorf("unsure of a label above the least probability:\n%s", w.out.String())
	}
	w.expect(2, "", "needs an image", "classify")
	w.expect(2, "", "gone.png: no such file", "classify", "gone.png")
}

func TestClassifyJSON(t *testing.T) {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	w.file("b.png", "no picture")
	w.expect(1, "", "b.png: not a picture", "classify", "a.png", "b.png", "--format", "json", "--top", "all")
	var got struct {
		Schema  string
		Arch    string
		Weights struct{ Source, SHA256 string }
		Results []struct {
			File        string
			Predictions []struct {
				Index              int
				Label              string
				Probability, Logit float64
			}
			Error *struct{ Class, Message string }
		}
	}
	if err := json.Unmarshal(w.out.Bytes(), &got); err != nil {
		t.Fatalf("%v:\n%s", err, w.out.String())
	}
	if got.Schema != "resnet.classify/v1" || got.Arch != "resnet18_tiny" || len(got.Weights.SHA256) != 64 {
		t.Errorf("schema %q, arch %q, weights %+v", got.Schema, got.Arch, got.Weights)
	}
	if len(got.Results) != 2 || got.Results[1].Error == nil || got.Results[1].Error.Class != "unknown_format" {
		t.Fatalf("%d results:\n%s", len(got.Results), w.err.String())
	}
	sum := 0.0
	for i, p := range got.Results[0].Predictions {
		sum += p.Probability
		if i > 0 && p.Logit > got.Results[0].Predictions[i-1].Logit {
			t.Errorf("rank %d: logit %v is above the one before", i, p.Logit)
		}
	}
	if n := len(got.Results[0].Predictions); n != 200 || math.Abs(sum-1) > 1e-9 {
		t.Errorf("%d predictions that add up to %v", n, sum)
	}
}

func TestClassifyMany(t *testing.T) {
	w := newWorld(t)
	for i, name := range []string{"photos/b.png", "photos/a.png", "photos/below/c.png", "photos/.hidden.png"} {
		w.image(name, 40+i, 50, i)
	}
	w.file("photos/movie.mov", "")
	w.file("photos/cut.jpg", "\xff\xd8\xff\xe0")
	w.expect(1, "photos/a.png", "2 labelled, 1 failed (1 truncated), 2 skipped (1 .mov, 1 hidden)", "classify", "photos")
	if a, b := strings.Index(w.out.String(), "a.png"), strings.Index(w.out.String(), "b.png"); a > b {
		t.Errorf("out of order:\n%s", w.out.String())
	}
	w.expect(1, "photos/below/c.png", "3 labelled", "classify", "-r", "photos")
	w.expect(0, "photos/a.png", "2 labelled\n", "classify", "photos/*.png")
	w.expect(2, "timeout", "b.png: decoding took longer than allowed", "classify", "photos/b.png", "--timeout", "1ns", "-f", "csv")
	w.expect(2, "", "--timeout -1s: must not be negative", "classify", "photos/b.png", "--timeout", "-1s")
	w.expect(1, "", "none*.png: no file matches", "classify", "none*.png", "photos/a.png")
	w.file("empty/readme.txt", "")
	w.expect(2, "", "no image found in empty (1 skipped (1 .txt))", "classify", "empty")

	w.expect(1, "", "", "classify", "photos", "--format", "csv", "--top", "3")
	rows, err := csv.NewReader(&w.out).ReadAll()
	if err != nil || len(rows) != 1+3+3+1 || strings.Join(rows[0], ",") != "file,rank,index,label,probability,error" {
		t.Errorf("%v: %v", err, rows)
	}
	w.expect(1, "", "", "classify", "photos", "-o", "out.ndjson")
	text, err := os.ReadFile(filepath.Join(w.dir, "out.ndjson"))
	if err != nil || bytes.Count(text, []byte("\n")) != 3 {
		t.Errorf("%v: %s", err, text)
	}
}

func TestClassifyStdin(t *testing.T) {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	text, err := os.ReadFile(filepath.Join(w.dir, "a.png"))
	if err != nil {
		t.Fatal(err)
	}
	w.in = string(text)
	w.expect(0, "-   64×64", "", "classify", "-")
	w.in = "hello"
	w.expect(2, "", "-: not a picture", "classify", "-")
}

func TestCopyTo(t *testing.T) {
	w := newWorld(t)
	w.file("labels.txt", strings.Repeat("../evil\n", 200))
	w.image("a/x.png", 64, 64, 1)
	w.image("b/x.png", 64, 64, 2)
	for range 2 { // the second time there is nothing left to copy
		w.expect(0, "", "", "classify", "--labels", "labels.txt", "--copy-to", "sorted", "--top", "1", "a", "b")
	}
	for _, name := range []string{"x.png", "x-2.png"} {
		if _, err := os.Stat(filepath.Join(w.dir, "sorted", "class .._evil", name)); err != nil {
			t.Error(err)
		}
	}
	w.expect(0, "", "", "classify", "a", "--copy-to", "s2", "--min-probability", "1")
	if _, err := os.Stat(filepath.Join(w.dir, "s2", "_unsure", "x.png")); err != nil {
		t.Error(err)
	}
}

func TestClassifyNeedsWeights(t *testing.T) {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	w.expect(2, "", "resnet weights pull resnet50", "classify", "a.png", "--arch", "50")
	w.file("net.yaml", "extends: resnet18_tiny\nnum_classes: 10\n")
	w.file("short.txt", "cat\ndog\n")
	w.expect(2, "", "labels", "classify", "a.png", "--labels", "short.txt")
}

// TestPhotos compares the five best classes of real photos with PyTorch's.
func TestPhotos(t *testing.T) {
	data := os.Getenv("RESNET_TESTDATA")
	if data == "" {
		t.Skip("RESNET_TESTDATA is not set: no photos and no ImageNet weights")
	}
	text, err := os.ReadFile("testdata/photos_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		Top5   []int
		Logits []float64
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.expect(0, "", "", "classify", filepath.Join(data, "photos"), "--arch", "18", "--top", "5", "--format", "ndjson",
		"--weights", filepath.Join(data, "weights", "resnet18-imagenet-fp16.safetensors"))
	decoder, count := json.NewDecoder(&w.out), 0
	for decoder.More() {
		var got struct {
			File        string
			Predictions []struct {
				Index int
				Logit float64
			}
		}
		if err := decoder.Decode(&got); err != nil {
			t.Fatal(err)
		}
		count++
		expected := want[filepath.Base(got.File)]
		for i, p := range got.Predictions {
			if p.Index != expected.Top5[i] || math.Abs(p.Logit-expected.Logits[i]) > 1e-3 {
				t.Errorf("%s, rank %d: class %d with %v, PyTorch has %d with %v", got.File, i+1, p.Index, p.Logit, expected.Top5[i], expected.Logits[i])
			}
		}
	}
	if count != len(want) {
		t.Errorf("%d photos, want %d", count, len(want))
	}
}

func TestFailFast(t *testing.T) {
	w := newWorld(t)
	w.file("a.png", "no picture")
	w.image("b.png", 64, 64, 1)
	w.expect(2, `"results"`, "0 labelled, 1 failed", "classify", "--fail-fast", "a.png", "b.png", "--format", "json")
	if !json.Valid(w.out.Bytes()) {
		t.Errorf("no JSON:\n%s", w.out.String())
	}
}

// TestTraceAnswers: a trace of a photo with given weights ends with what classify says.
func TestTraceAnswers(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 90, 70, 1)
	w.expect(0, "", "", "classify", "img.png", "--format", "csv", "--top", "1")
	label := strings.Split(strings.Split(w.out.String(), "\n")[1], ",")[3]
	trace := []string{"trace", "resnet18_tiny", "--weights", "resnet18_tiny", "--image", "img.png"}
	w.expect(0, "the network's answer: "+label+" ", "", trace...)
	w.expect(0, `"answer":[{"index":`, "", append(trace, "--format", "json")...)
	w.valid("trace.v1.json")
	w.expect(0, "", "", "trace", "resnet18_tiny", "--image", "img.png", "--format", "json")
	if strings.Contains(w.out.String(), "answer") {
		t.Error("random weights answer")
	}
}
