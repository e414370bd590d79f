package cli

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"resnet/internal/render"
	"resnet/internal/weights"
)

// TestProgressWords: there is no rate, and no time left, before there is one.
func TestProgressWords(t *testing.T) {
	for _, test := range []struct {
		done, total, failed int
		elapsed             time.Duration
		want                string
	}{
		{0, 0, 0, 0, "images"},
		{0, 90, 0, time.Hour, "images"},
		{1, 90, 0, time.Millisecond, "images"},
		{30, 90, 0, 2 * time.Second, "images, 15/s, 4s left"},
		{3, 0, 2, 2 * time.Second, "images, 1.5/s, 2 failed"},
		{2, 1002, 0, 25 * time.Second, "images, 12.5s each, 3h28m20s left"},
		{90, 90, 1000, time.Minute, "images, 1.5/s, 1,000 failed"},
	} {
		if got := progressWords(test.done, test.total, test.failed, test.elapsed); got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

// TestProgressFrames: no frame tells of a rate or a time that nobody measured.
func TestProgressFrames(t *testing.T) {
	var out bytes.Buffer
	p := (&factory{Err: &out, errTerminal: true}).newProgress(true, false)
	p.step()
	p.finish()
	if shown := out.String(); !strings.Contains(shown, "images") || strings.ContainsAny(shown, "[:") || strings.Contains(shown, "/hr") {
		t.Errorf("%q", shown)
	}
}

// TestWritten: people see what was written, however it was, and files of a directory are counted.
func TestWritten(t *testing.T) {
	w := newWorld(t)
	w.filled("fine.safetensors", "resnet18_tiny", func(string, []float32) {})
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		w.image("in/"+name+".png", 64, 64, len(name))
	}
	w.photos("data", 4)
	for args, want := range map[string]string{
		"fit data -o net":                                                   "wrote net\nwrote net/report.html\n",
		"batch classify in -o job":                                          "5 labelled\nresults are in job/out/\n",
		"classify in/a.png --cam seen.png":                                  "wrote seen.png\n",
		"classify in/a.png --explain -o seen":                               "wrote seen/a.png.decoded.png\nwrote seen/a.png.resized.png\nwrote seen/a.png.crop.png\n",
		"classify in --cam maps --sheet sheet.html -o t.csv":                "wrote 7 files below .\n",
		"classify in --cam maps":                                            "wrote 5 files below maps\n",
		"classify in/a.png --copy-to sorted":                                "wrote sorted/",
		"trace 20 --save acts.safetensors --rows stages":                    "wrote acts.safetensors\n",
		"trace 20 --save acts.safetensors --rows stages -o t.md":            "wrote acts.safetensors\nwrote t.md\n",
		"features in/a.png -o f.npy":                                        "wrote f.npy.txt\nwrote f.npy\n",
		"features in/a.png -o f.safetensors":                                "wrote f.safetensors\n",
		"preprocess in -o seen2 --arch resnet18_tiny":                       "wrote 10 files below seen2\n",
		"eval --list list.csv -o ev.json":                                   "wrote ev.json\n",
		"summary 18 -o s.json":                                              "wrote s.json\n",
		"weights convert fine.safetensors half.safetensors --dtype float16": "",
	} {
		w.file("list.csv", "file,class\nin/a.png,3\n")
		var out, errOut bytes.Buffer
		f := &factory{In: strings.NewReader(""), Out: &out, Err: &errOut, errTerminal: true, dir: w.dir, getenv: func(string) string { return "" }}
		words := strings.Fields(args)
		if code := run(t.Context(), f, words); code != exitOK || !strings.Contains(errOut.String(), want) {
			t.Errorf("%s: exit code %d, stderr %q, want %q", args, code, &errOut, want)
		}
		w.expect(0, "", "", words...)
		if strings.Contains(w.err.String(), "wrote") {
			t.Errorf("%s: who is no person is told: %s", args, &w.err)
		}
	}
}

// TestProgressBesidePipe: rows that another program may show on the same terminal have no bar among them; those of a file have one.
func TestProgressBesidePipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	f := newFactory(strings.NewReader(""), w, io.Discard)
	f.errTerminal = true
	for output, want := range map[string]bool{"-": false, "t.csv": true} {
		if run := newImageRun(f, &imageFlags{}, []string{"."}, output); (run.bar.bar != nil) != want {
			t.Errorf("%s: a bar: %t, want %t", output, !want, want)
		}
	}
}

// TestPullProgressFits: what stands beside the bar of a file leaves room for it, however long the file's name is.
func TestPullProgressFits(t *testing.T) {
	name := strings.Repeat("folder/", 20) + "resnet18.safetensors"
	var out bytes.Buffer
	p := (&factory{Err: &out, errTerminal: true, getenv: func(string) string { return "" }}).newPullProgress()
	for _, state := range []weights.Progress{{State: weights.Copying, Done: 1 << 20}, {State: weights.Copying, Done: 90 << 20}, {State: weights.Done}} {
		state.Name, state.Total = name, 90<<20
		p.tell(state)
	}
	for frame := range strings.SplitSeq(strings.TrimSpace(out.String()), "\r") {
		if n := render.TextWidth(frame); n > 80 || frame != "" && strings.TrimSpace(frame) != "" && !strings.Contains(frame, ".safetensors") {
			t.Errorf("%d columns: %q", n, frame)
		}
	}
	if shown, times := pullWords(name, 60, false); len(shown) > 60-40 || times {
		t.Errorf("%q, times %t", shown, times)
	}
	if shown, times := pullWords("resnet50.tv2_in1k", 60, false); shown != "resnet50.tv2_in1k" || times {
		t.Errorf("%q, times %t", shown, times)
	}
}
