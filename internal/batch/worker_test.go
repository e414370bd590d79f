package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// engine is n workers of the job of a folder, all of which are asked for all shards, each several times.
func (w *world) engine(n int) func(context.Context, []int) error {
	return func(ctx context.Context, shards []int) error {
		g := &errgroup.Group{}
		for range n {
			j, err := Join(w.path("job"), "job", w.request().Identity, Limits{})
			if err != nil {
				return err
			}
			defer j.Close()
			runner := w.runner(j)
			runner.Shared = true
			worker, err := runner.Worker()
			if err != nil {
				return err
			}
			defer worker.Close()
			for range 2 {
				g.Go(func() error {
					for _, shard := range shards {
						if err := worker.Shard(ctx, shard); err != nil {
							return err
						}
					}
					return worker.Finish()
				})
			}
		}
		return g.Wait()
	}
}

func (w *world) runOn(engine func(context.Context, []int) error) (totals Totals, told int, err error) {
	w.t.Helper()
	r := w.request("in")
	r.Shared = true
	j := w.open("job", r)
	defer j.Close()
	runner := w.runner(j)
	runner.Tell = func(bool) { told++ }
	totals, err = runner.RunOn(w.t.Context(), engine)
	return totals, told, err
}

// TestEngine: shards that are asked for at several places at once are computed once, and the job is that of one process.
func TestEngine(t *testing.T) {
	w := newWorld(t)
	w.images(30)
	w.run("whole", w.request("in"))
	totals, _, err := w.runOn(w.engine(3))
	if err != nil || totals.Done != totals.Shards {
		t.Errorf("%+v, %v", totals, err)
	}
	w.wantSame("job", "whole")
	w.wantWhole("job")
	text, err := os.ReadFile(w.path("job/manifest.jsonl"))
	if err != nil || strings.Count(string(text), "\n") != 4 {
		t.Errorf("%v: each shard was not computed once:\n%s", err, text)
	}
	if _, _, err := w.runOn(func(context.Context, []int) error { return errors.New("nothing is left") }); err != nil {
		t.Error(err)
	}
	// What was lost since, and a worker that died with it.
	os.Remove(w.path("job/out/part-00002-of-00004.ndjson"))
	w.file("job/leases/00002.lease", `{"worker":"dead"}`)
	if _, _, err := w.runOn(func(ctx context.Context, shards []int) error {
		if fmt.Sprint(shards) != "[2]" {
			t.Errorf("%v are left", shards)
		}
		return w.engine(2)(ctx, []int{0, 1, 2, 3})
	}); err != nil {
		t.Error(err)
	}
	w.wantSame("job", "whole")
	w.wantWhole("job")
}

// TestManifestDecides: what an engine says of a job is no proof, either way.
func TestManifestDecides(t *testing.T) {
	w := newWorld(t)
	w.images(30)
	totals, _, err := w.runOn(func(ctx context.Context, shards []int) error {
		_ = w.engine(1)(ctx, shards[:2])
		return nil
	})
	if err == nil || err.Error() != "job: 2 of 4 shards are done; the same command goes on" || totals.Done != 2 {
		t.Errorf("%+v, %v", totals, err)
	}
	if _, err := os.Stat(w.path("job/_SUCCESS")); err == nil {
		t.Error("there is a _SUCCESS")
	}
	if _, _, err := w.runOn(func(context.Context, []int) error { return errors.New("no cluster") }); err == nil || err.Error() != "no cluster" {
		t.Error(err)
	}
	if _, _, err := w.runOn(func(ctx context.Context, shards []int) error {
		return errors.Join(w.engine(1)(ctx, shards), errors.New("the connection is lost"))
	}); err != nil {
		t.Error(err)
	}
	w.wantWhole("job")
}

// TestEngineStops: once the context ends no shard is begun, though the engine asks for more, and the next run goes on.
func TestEngineStops(t *testing.T) {
	w := newWorld(t)
	w.images(30)
	w.run("whole", w.request("in"))
	r := w.request("in")
	r.Shared = true
	j := w.open("job", r)
	ctx, cancel := context.WithCancel(t.Context())
	totals, err := w.runner(j).RunOn(ctx, func(ctx context.Context, shards []int) error {
		err := w.engine(1)(ctx, shards[:1])
		cancel()
		for range 1000 {
			if _, err := os.Stat(w.path("job/leases/stop")); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
		return errors.Join(err, w.engine(1)(context.Background(), shards))
	})
	if err == nil || !strings.Contains(err.Error(), "job: was stopped where it was submitted") || totals.Done != 1 {
		t.Errorf("%+v, %v", totals, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.runOn(w.engine(2)); err != nil {
		t.Error(err)
	}
	w.wantSame("job", "whole")
}

// TestWorkerFails: a shard that can't be computed is nobody's then.
func TestWorkerFails(t *testing.T) {
	w := newWorld(t)
	w.images(30)
	w.run("whole", w.request("in"))
	_, _, err := w.runOn(func(ctx context.Context, shards []int) error {
		os.Remove(w.path("job/out"))
		return w.engine(1)(ctx, shards)
	})
	if err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
	if err := os.Mkdir(w.path("job/out"), 0o777); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(w.path("job/leases")); len(left) > 0 {
		t.Errorf("%v is left", left[0].Name())
	}
	if _, _, err := w.runOn(w.engine(1)); err != nil {
		t.Error(err)
	}
	w.wantSame("job", "whole")
	other := w.request().Identity
	other.Kernel = "avx2"
	if _, err := Join(w.path("job"), "job", other, Limits{}); err == nil || !strings.Contains(err.Error(), "set RESNET_KERNEL=generic") {
		t.Error(err)
	}
}
