package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/nets"
)

// world is a folder of images, which are texts, and jobs on them.
type world struct {
	t   *testing.T
	dir string
}

func newWorld(t *testing.T) *world { return &world{t, t.TempDir()} }

func (w *world) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(w.dir, name)
}

func (w *world) file(name, text string) {
	w.t.Helper()
	path := w.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		w.t.Fatal(err)
	}
	old := time.Unix(1_700_000_000, 0)
	if err := os.Chtimes(path, old, old); err != nil {
		w.t.Fatal(err)
	}
}

// images are n files in two folders; every seventh can't be read.
func (w *world) images(n int) {
	w.t.Helper()
	for i := range n {
		text := fmt.Sprintf("image %d", i)
		if i%7 == 3 {
			text = "bad"
		}
		w.file(fmt.Sprintf("in/%d/%03d.png", i%2, i), text)
	}
}

// compute labels an image by its text.
func compute(_ context.Context, im *nets.Image) (*Result, error) {
	text, err := imageText(im)
	if err != nil {
		return nil, err
	}
	r := &Result{Predictions: []labels.Prediction{{Index: len(text), Label: text, Probability: 1 / float64(len(text)), Logit: 1.5}}}
	if len(text) == len("image 10") {
		r.Distance, r.Unfamiliar = &r.Predictions[0].Probability, true
	}
	return r, nil
}

func imageText(im *nets.Image) (string, error) {
	data, err := io.ReadAll(im.Stream)
	if err == nil && strings.HasPrefix(string(data), "bad") {
		err = &imaging.Error{Class: imaging.Corrupt, Message: "corrupt text"}
	}
	return string(data), err
}

func (w *world) request(sources ...string) Request {
	return Request{
		Identity: Identity{Command: Classify, Kernel: "generic", Format: "ndjson"},
		Sources:  &Sources{Names: sources, Opener: &nets.Opener{Dir: w.dir}},
		Shards:   4,
	}
}

func (w *world) open(job string, r Request) *Job {
	w.t.Helper()
	j, err := Open(w.t.Context(), w.path(job), job, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return j
}

func (w *world) runner(j *Job) *Runner {
	return &Runner{Job: j, Workers: 2, Compute: compute, Hint: func(error) string { return "" }, Path: w.path}
}

// run computes a job whole.
func (w *world) run(job string, r Request) Totals {
	w.t.Helper()
	j := w.open(job, r)
	defer j.Close()
	runner := w.runner(j)
	runner.Retry, runner.Shared = r.Retry, r.Shared
	totals, err := runner.Run(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return totals
}

// faults is what is wrong with a job.
func (w *world) faults(job string) []string {
	w.t.Helper()
	j, err := Read(w.path(job), job)
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	if _, err := j.Verify(w.t.Context(), func(err error) { faults = append(faults, err.Error()) }, func() {}); err != nil {
		faults = append(faults, err.Error())
	}
	return faults
}

func (w *world) wantWhole(job string) {
	w.t.Helper()
	if faults := w.faults(job); len(faults) > 0 {
		w.t.Errorf("%s: %s", job, strings.Join(faults, "\n"))
	}
}

// results are the files of a job that are the same however it came about.
func (w *world) results(job string) map[string]string {
	w.t.Helper()
	all := map[string]string{}
	for _, folder := range []string{outDir, quarantineDir, leasesDir} {
		entries, err := os.ReadDir(filepath.Join(w.path(job), folder))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, entry := range entries {
			text, err := os.ReadFile(filepath.Join(w.path(job), folder, entry.Name()))
			if err != nil {
				w.t.Fatal(err)
			}
			all[folder+"/"+entry.Name()] = string(text)
		}
	}
	return all
}

func (w *world) wantSame(job, other string) {
	w.t.Helper()
	a, b := w.results(job), w.results(other)
	if maps.Equal(a, b) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if a[name] != b[name] {
			w.t.Errorf("%s of %s:\n%s\nof %s:\n%s", name, job, a[name], other, b[name])
		}
	}
	if len(a) != len(b) {
		w.t.Errorf("%d and %d files", len(a), len(b))
	}
}

func TestJob(t *testing.T) {
	w := newWorld(t)
	w.images(30)
	totals := w.run("job", w.request("in"))
	if want := (Totals{Shards: 4, Done: 4, Images: 30, Computed: 30, Failed: 4, Bytes: totals.Bytes}); totals != want {
		t.Errorf("%+v, want %+v", totals, want)
	}
	w.wantWhole("job")
	got := w.results("job")
	want := []string{"out/part-00000-of-00004.ndjson", "out/part-00001-of-00004.ndjson", "out/part-00002-of-00004.ndjson", "out/part-00003-of-00004.ndjson"}
	for _, name := range want {
		if got[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	line, _, _ := strings.Cut(got[want[0]], "\n")
	if line != `{"file":"in/0/000.png","predictions":[{"index":7,"label":"image 0","probability":0.14285714285714285,"logit":1.5}]}` {
		t.Error(line)
	}
	if line := got["quarantine/part-00001-of-00004.ndjson"]; line != `{"file":"in/0/024.png","error":{"class":"corrupt","message":"corrupt text"}}`+"\n" {
		t.Error(line)
	}
	if s, err := Read(w.path("job"), "job"); err != nil {
		t.Error(err)
	} else if status, err := s.Status(); err != nil || !status.Complete {
		t.Errorf("%+v, %v", status, err)
	}
	// A second run has nothing to do, and leaves all as it is.
	before, err := os.ReadFile(w.path("job/manifest.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	w.run("job", w.request("in"))
	if after, err := os.ReadFile(w.path("job/manifest.jsonl")); err != nil || string(after) != string(before) {
		t.Errorf("%v: the manifest became %s", err, after)
	}
}

// TestStop: once the context ends no shard is begun, those that run are finished, and the next run goes on.
func TestStop(t *testing.T) {
	w := newWorld(t)
	w.images(40)
	w.run("whole", w.request("in"))
	ctx, cancel := context.WithCancel(t.Context())
	j := w.open("job", w.request("in"))
	r := w.runner(j)
	r.Tell = func(bool) { cancel() }
	totals, err := r.Run(ctx)
	if err != nil || totals.Done == 0 || totals.Done == totals.Shards {
		t.Errorf("%+v, %v", totals, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if len(w.results("job")) == len(w.results("whole")) || w.results("job")["leases/"] != "" {
		t.Error("all is done, or there are leases")
	}
	w.run("job", w.request("in"))
	w.wantSame("job", "whole")
	w.wantWhole("job")
}

// TestKilled: what a process leaves that is killed in the middle, wherever that is, is mended by the next one.
func TestKilled(t *testing.T) {
	w := newWorld(t)
	w.images(30)
	w.run("whole", w.request("in"))
	manifest := func(t *testing.T) string {
		text, err := os.ReadFile(w.path("job/manifest.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, leave := range map[string]func(t *testing.T){
		"half a line":    func(t *testing.T) { w.file("job/manifest.jsonl", manifest(t)[:len(manifest(t))-40]) },
		"a line too few": func(t *testing.T) { w.file("job/manifest.jsonl", strings.SplitAfterN(manifest(t), "\n", 2)[1]) },
		"no manifest":    func(t *testing.T) { os.Remove(w.path("job/manifest.jsonl")) },
		"a damaged line": func(t *testing.T) { w.file("job/manifest.jsonl", "x"+manifest(t)) },
		"a part is gone": func(t *testing.T) { os.Remove(w.path("job/out/part-00002-of-00004.ndjson")) },
		"a lease": func(t *testing.T) {
			w.file("job/manifest.jsonl", "")
			w.file("job/leases/00001.lease", `{"worker":"dead"}`)
		},
		"a half lease": func(t *testing.T) { w.file("job/manifest.jsonl", ""); w.file("job/leases/00001.lease", `{"wor`) },
		"a half result": func(t *testing.T) {
			w.file("job/manifest.jsonl", "")
			w.file("job/out/.part-00001-of-00004.ndjson.0.partial", "{")
		},
		"no success": func(t *testing.T) { os.Remove(w.path("job/_SUCCESS")) },
		"sorted inputs": func(t *testing.T) {
			os.RemoveAll(w.path("job"))
			w.file("job/.sort-1", "")
			w.file("job/inputs/1.tsv", "")
		},
		"planned, no more": func(t *testing.T) { os.RemoveAll(w.path("job/out")); os.Mkdir(w.path("job/out"), 0o777) },
	} {
		t.Run(name, func(t *testing.T) {
			w := &world{t, w.dir}
			os.RemoveAll(w.path("job"))
			w.run("job", w.request("in"))
			leave(t)
			w.run("job", w.request("in"))
			w.wantSame("job", "whole")
			if name != "a damaged line" {
				w.wantWhole("job")
			}
		})
	}
}

func TestRefused(t *testing.T) {
	w := newWorld(t)
	w.images(10)
	w.run("job", w.request("in"))
	w.file("other/keep.txt", "kept")
	for name, test := range map[string]struct {
		job    string
		change func(*Request)
		want   string
	}{
		"weights": {"job", func(r *Request) { r.Identity.Weights = "0" }, `weights_sha256: planned "", now "0"`},
		"kernel":  {"job", func(r *Request) { r.Identity.Kernel = "avx2" }, "kernel: planned generic, now avx2, which computes other bits; set RESNET_KERNEL=generic"},
		"digests": {"job", func(r *Request) { r.Identity.Labels = strings.Repeat("0a", 32) },
			`otherwise; give another folder, or the same command as before:` + "\n  " + `labels_sha256: planned none, now "0a0a0a0a0a0a…"`},
		"network": {"job", func(r *Request) { r.Identity.Network, r.Identity.Weights, r.Identity.Layer = "other", "0", "a" },
			":\n  network: planned \"\", now \"other\"\n  layer: planned none, now \"a\""},
		"limits":        {"job", func(r *Request) { r.Limits.Pixels = 1 }, "max_pixels: planned 0, now 1"},
		"other images":  {"job", func(r *Request) { r.Sources.Names = []string{"in/0"} }, "job was planned with other images than are there now:\n  images that are gone: 5 (in/1/001.png, in/1/003.png, in/1/005.png, …); --add goes on without them"},
		"no image":      {"new", func(r *Request) { r.Sources.Names = []string{"other"} }, "no image found in other (1 skipped (1 .txt))"},
		"no source":     {"new", func(r *Request) { r.Sources.Names = []string{"gone"} }, "no such file"},
		"others' files": {"other", func(*Request) {}, "a folder that is no job, with keep.txt in it"},
		"few shards":    {"new2", func(r *Request) { r.Shards = -1 }, "want 1 or more"},
		"in a source":   {"in/0/new/job", func(*Request) {}, "is in in, whose images the job is about"},
		"add to none":   {"new3", func(r *Request) { r.Add = true }, "new3: no job is there; compute one first"},
		"retry none":    {"new3", func(r *Request) { r.Retry = true }, "new3: no job is there; compute one first"},
	} {
		r := w.request("in")
		test.change(&r)
		if _, err := Open(t.Context(), w.path(test.job), test.job, r); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	w.file("in/0/004.png", "another one")
	w.file("in/0/new.png", "new")
	_, err := Open(t.Context(), w.path("job"), "job", w.request("in"))
	for _, want := range []string{"images of another size or time: 1 (in/0/004.png)", "new images: 1 (in/0/new.png); --add"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	held := w.open("job2", w.request("in"))
	defer held.Close()
	if _, err := Open(t.Context(), w.path("job2"), "job2", w.request("in")); err == nil || !strings.Contains(err.Error(), "another process computes it; with --worker") {
		t.Errorf("a second process: %v", err)
	}
	shared := w.request("in")
	shared.Shared = true
	if _, err := Open(t.Context(), w.path("job2"), "job2", shared); err == nil || !strings.Contains(err.Error(), "another process computes it alone") {
		t.Errorf("a worker beside one that is alone: %v", err)
	}
}

// TestStatusLeft: of the shards that were begun, those whose worker is dead are told apart.
func TestStatusLeft(t *testing.T) {
	w := newWorld(t)
	w.images(30)
	r := w.request("in")
	r.Shared = true
	job := w.open("job", r)
	defer job.Close()
	alive, err := job.newLeases(true)
	if err != nil {
		t.Fatal(err)
	}
	defer alive.close()
	dead := &leases{dir: alive.dir, worker: "host-1-GONE"}
	for shard, l := range []*leases{alive, dead, dead} {
		if err := l.create(l.path(shard), 0); err != nil {
			t.Fatal(err)
		}
	}
	if s, err := job.Status(); err != nil || s.Running != 3 || s.Left != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

// TestAdd: new images are shards of their own, and what is done stays.
func TestAdd(t *testing.T) {
	w := newWorld(t)
	w.images(20)
	w.run("job", w.request("in"))
	before := w.results("job")
	w.file("in/0/000a.png", "later")
	w.file("in/2/a.png", "later, too")
	add := w.request("in")
	add.Add, add.Shards = true, 0
	totals := w.run("job", add)
	if totals.Shards != 5 || totals.Images != 22 {
		t.Errorf("%+v", totals)
	}
	w.wantWhole("job")
	after := w.results("job")
	if got := after["out/part-00004-of-00005.ndjson"]; strings.Count(got, "\n") != 2 || !strings.Contains(got, "in/0/000a.png") {
		t.Errorf("the new part: %s", got)
	}
	delete(after, "out/part-00004-of-00005.ndjson")
	if !maps.Equal(before, after) {
		t.Error("what was there is another")
	}
	w.run("job", w.request("in")) // all is known now
	if totals := w.run("job", add); totals.Shards != 5 {
		t.Errorf("nothing new: %+v", totals)
	}
	w.file("in/2/a.png", "changed")
	if _, err := Open(t.Context(), w.path("job"), "job", add); err == nil || !strings.Contains(err.Error(), "another size or time: 1 (in/2/a.png)") {
		t.Errorf("a changed image: %v", err)
	}
	w.file("in/2/a.png", "later, too")
	os.Remove(w.path("in/0/000a.png"))
	w.run("job", add) // what was computed may be gone
}

// TestRetry: only what failed is computed again, and the result is that of a job in which it never failed.
func TestRetry(t *testing.T) {
	w := newWorld(t)
	w.images(30)
	for _, format := range Formats() {
		request := w.request("in")
		request.Identity.Format = format
		broken := true
		work := func(failing string) func(context.Context, *nets.Image) (*Result, error) {
			return func(ctx context.Context, im *nets.Image) (*Result, error) {
				if failing != "" && broken && strings.Contains(failing, filepath.Base(im.Name)) {
					return nil, errors.New("a bad day")
				}
				return compute(ctx, im)
			}
		}
		run := func(job string, failing string, retry bool) int {
			r := request
			r.Retry, r.Sources = retry, w.request("in").Sources
			j := w.open(job, r)
			defer j.Close()
			runner, images := w.runner(j), 0
			runner.Retry, runner.Compute, runner.Tell = retry, work(failing), func(bool) { images++ }
			if _, err := runner.Run(t.Context()); err != nil {
				t.Fatal(format, err)
			}
			return images
		}
		whole, job := "whole."+format, "job."+format
		run(whole, "", false)
		run(job, "000.png 001.png 002.png 015.png 029.png", false)
		w.wantWhole(job)
		broken = false
		if n := run(job, "", true); n != 5+4 {
			t.Errorf("%s: %d images were computed, want those that failed", format, n)
		}
		w.wantSame(job, whole)
		w.wantWhole(job)
		// What is damaged is computed whole.
		broken = true
		run(job+"2", "000.png", false)
		w.file(job+"2/out/part-00000-of-00004."+format, "damaged")
		broken = false
		run(job+"2", "", true)
		w.wantSame(job+"2", whole)
	}
}

// TestWorkers: several share a job, and one that was killed is no loss.
func TestWorkers(t *testing.T) {
	w := newWorld(t)
	w.images(60)
	request := w.request("in")
	request.Shards = 20
	w.run("whole", request)
	request.Shared = true
	errs := make(chan error)
	for range 3 {
		go func() {
			r := w.request("in")
			r.Shards, r.Shared = 20, true
			j, err := Open(t.Context(), w.path("job"), "job", r)
			if err == nil {
				runner := w.runner(j)
				runner.Shared = true
				_, err = runner.Run(t.Context())
				err = errors.Join(err, j.Close())
			}
			errs <- err
		}()
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	w.wantSame("job", "whole")
	w.wantWhole("job")
	text, err := os.ReadFile(w.path("job/manifest.jsonl"))
	if err != nil || strings.Count(string(text), "\n") != 20 {
		t.Errorf("%v: each shard was not computed once:\n%s", err, text)
	}
}
