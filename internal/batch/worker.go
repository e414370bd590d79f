package batch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// Worker computes the shards that somebody else shares out, several at a time. A shard may be asked for twice, here or of
// another worker: whoever has its lease computes it, and the others wait.
type Worker struct {
	r  *Runner
	mu sync.Mutex // of what the runner has read of the manifest
}

// Worker makes this process one of those who compute the job, until it is closed.
func (r *Runner) Worker() (*Worker, error) {
	if _, err := r.look(); err != nil {
		return nil, err
	}
	return &Worker{r: r}, r.attend()
}

// Close ends the life of the worker. Shards that are not done are anybody's.
func (w *Worker) Close() error { return w.r.leave() }

// Shard computes a shard, unless it is done. Once ctx ends it waits for no other worker.
func (w *Worker) Shard(ctx context.Context, number int) error {
	if number < 0 || number >= w.r.Job.Shards() {
		return usagef("%s has no shard %d", w.r.Job.Name, number)
	}
	for {
		crashes, how, err := w.lease(number)
		switch {
		case err != nil || how == ours:
			return err
		case how == held:
			return w.compute(ctx, number, crashes)
		}
		select {
		case <-time.After(waitPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// lease takes the lease of a shard, unless it is done; that of another worker may be free later.
func (w *Worker) lease(number int) (crashes int, how progress, err error) {
	if done, err := w.done(number); done || err != nil {
		return 0, ours, err
	}
	if _, err := os.Stat(w.r.Job.path(leasesDir, stopName)); err == nil {
		return 0, notOurs, fmt.Errorf("%s: was stopped where it was submitted; the same command goes on", w.r.Job.Name)
	}
	crashes, ok, err := w.r.leases.take(number)
	if err != nil || !ok {
		return 0, notOurs, err
	}
	w.r.set(number, held)
	done, err := w.done(number) // somebody may have finished it just before
	if done || err != nil {
		return 0, ours, errors.Join(err, w.r.release(number))
	}
	return crashes, held, nil
}

// done tells by the manifest that a shard is done, and by its part that this is still so.
func (w *Worker) done(number int) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.r.manifest.follow(); err != nil || !w.r.manifest.shards[number].done {
		return false, err
	}
	if !w.r.Job.isWhole(number, w.r.manifest.shards[number]) {
		w.r.manifest.shards[number] = state{}
		return false, nil
	}
	return true, nil
}

func (w *Worker) compute(ctx context.Context, number, crashes int) error {
	begun := false
	err := w.r.compute(ctx, func(ctx, _ context.Context) (*shardRun, error) {
		if begun {
			return nil, nil
		}
		begun = true
		return w.r.begin(ctx, number, crashes, false)
	})
	switch w.r.progress(number) {
	case held:
		w.r.set(number, notOurs)
		return errors.Join(err, w.r.leases.giveBack(number))
	case notOurs:
		return errors.Join(err, ctx.Err())
	}
	return err
}

// Finish makes a job of which every shard is done one that is done.
func (w *Worker) Finish() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.r.manifest.follow(); err != nil {
		return err
	}
	totals := w.r.Job.totals(w.r.manifest)
	if totals.Done < totals.Shards {
		return w.r.Job.notWhole(totals)
	}
	return w.r.Job.finish(totals)
}

// notWhole is a job of which something is left.
func (j *Job) notWhole(t Totals) error {
	return fmt.Errorf("%s: %d of %d shards are done; the same command goes on", j.Name, t.Done, t.Shards)
}

// stopName is there, among the leases, once Workers are to begin no other shard.
const stopName = "stop"

// RunOn has an engine compute the shards that are not done, by Workers wherever it has them, and tells of them as they come.
// What is done is what the manifest says, whatever the engine does. Once ctx ends the Workers begin no other shard, whatever
// the engine makes of that.
func (r *Runner) RunOn(ctx context.Context, engine func(ctx context.Context, shards []int) error) (Totals, error) {
	var failed error
	totals, err := r.run(ctx, func(ctx context.Context) error {
		if err := os.Remove(r.Job.path(leasesDir, stopName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		stop := func() { _ = os.WriteFile(r.Job.path(leasesDir, stopName), nil, 0o666) } // else the engine goes on
		ended := context.AfterFunc(ctx, stop)
		defer func() {
			if !ended() {
				stop()
			}
		}()
		left, done := r.leftShards(), make(chan struct{})
		var watching sync.WaitGroup
		watching.Go(func() { r.watch(done) })
		failed = engine(ctx, left)
		close(done)
		watching.Wait()
		return nil
	})
	if err != nil {
		return totals, err
	}
	if totals.Done == totals.Shards {
		r.Job.sweepLeases()
		return totals, nil
	}
	if failed == nil {
		failed = r.Job.notWhole(totals)
	}
	return totals, failed
}

// leftShards are those that are to be computed.
func (r *Runner) leftShards() (left []int) {
	for shard := range r.manifest.shards {
		if r.wanted(shard) {
			left = append(left, shard)
		}
	}
	return left
}

// watchPause is how often the manifest of others is read.
const watchPause = time.Second

// watch tells of the images of others until done is closed. What it can't read is said by who reads it last.
func (r *Runner) watch(done <-chan struct{}) {
	for tick := time.NewTicker(watchPause); ; {
		before := r.Job.totals(r.manifest)
		select {
		case <-tick.C:
		case <-done:
			tick.Stop()
			return
		}
		_ = r.manifest.follow()
		now := r.Job.totals(r.manifest)
		for i := range now.Computed - before.Computed {
			if r.Tell != nil {
				r.Tell(i < now.Failed-before.Failed)
			}
		}
	}
}
