package cli

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"resnet/internal/atomicfile"
	"resnet/internal/batch"
	"resnet/internal/number"
	"resnet/internal/printable"
)

func runBatch(ctx context.Context, o *batchOptions, sources []string) error {
	watch, err := o.vector.watch()
	if o.command == batch.Features && err != nil {
		return err
	}
	net, err := o.trained.predictor(ctx, o.f, &o.preprocess, o.engine, true)
	if err != nil {
		return err
	}
	defer net.Net.Close()
	defer net.Close()
	task := &batch.Task{
		Command: o.command, Net: net, Decoding: o.decoding.decoding(o.f).Quiet(), Exact: o.engine.exact,
		Top: o.top.labels(true), Watch: watch, Pool: o.vector.pool, Format: o.format.name, Version: buildVersion(),
	}
	if o.command == batch.Classify {
		task.Familiar = o.f.familiar(ctx, net).batch()
	}
	if err := task.Prepare(ctx); err != nil {
		return watchUsage(err)
	}
	if o.try != "" {
		return o.runTry(ctx, task)
	}
	if o.f.engine != nil && o.f.engine.work != nil {
		return o.work(ctx, task)
	}
	job, err := o.openJob(ctx, task, sources)
	if err != nil {
		return err
	}
	return errorOr(o.compute(ctx, task, job), job.Close)
}

// runTry is the child process that looks for an image that ends it.
func (o *batchOptions) runTry(ctx context.Context, task *batch.Task) error {
	var shard, from int
	if _, err := fmt.Sscanf(o.try, "%d:%d", &shard, &from); err != nil || from < 0 {
		return usagef("--try %s: want SHARD:IMAGE", o.try)
	}
	job, err := o.f.readJob(o.out)
	if err != nil {
		return err
	}
	return o.runner(task, job).Try(ctx, shard, from, o.f.commands())
}

// openJob plans the job, or finds the one that was begun.
func (o *batchOptions) openJob(ctx context.Context, task *batch.Task, sources []string) (*batch.Job, error) {
	identity, err := task.Identity(ctx)
	if err != nil {
		return nil, err
	}
	from := &batch.Sources{Names: sources, Opener: o.f.nets()}
	job, err := batch.Open(ctx, o.f.path(o.out), filepath.Clean(o.out), batch.Request{
		Identity: identity, Limits: task.Limits(o.decoding.maxMemory), Sources: from,
		Shards: o.shards, Add: o.add, Retry: o.retry, Shared: o.shared(),
	})
	if err != nil {
		return nil, jobError(err)
	}
	if skipped := from.Skipped.String(); skipped != "" {
		o.f.warnf("%s", skipped)
	}
	if set := job.Plan.Inputs[len(job.Plan.Inputs)-1]; o.shards > 0 && o.shards != set.Shards {
		why := "as the job was planned"
		if int64(set.Shards) == set.Images {
			why = "as none is without an image"
		}
		o.f.warnf("--shards %d: they are %s, %s", o.shards, number.Thousands(int64(set.Shards)), why)
	}
	return job, nil
}

// jobError makes a job that is not as it is asked for an error of usage.
func jobError(err error) error {
	if is[*batch.UsageError](err) || is[*batch.DifferentError](err) {
		return usageError{err}
	}
	return err
}

func (o *batchOptions) runner(task *batch.Task, job *batch.Job) *batch.Runner {
	r := &batch.Runner{
		Job: job, Workers: task.Net.Sessions(), Compute: task.Compute, Hint: o.f.hint, Path: o.f.path, Shared: o.shared(), Retry: o.retry,
	}
	if o.f.again != nil {
		r.Child = func(ctx context.Context, shard, from int) *exec.Cmd {
			return o.f.again(ctx, fmt.Sprintf("--try=%d:%d", shard, from))
		}
	}
	return r
}

// shared tells that others compute the job at the same time.
func (o *batchOptions) shared() bool { return o.worker || o.f.engine != nil }

// compute computes what is left of the job, and sums up.
func (o *batchOptions) compute(ctx context.Context, task *batch.Task, job *batch.Job) error {
	r := o.runner(task, job)
	bar := o.f.newProgress(true, false)
	before, idle := batch.Totals{}, true
	r.Begin = func(done batch.Totals, images int64) {
		before, idle = done, false
		bar.of(images)
	}
	r.Tell = func(failed bool) {
		if failed {
			bar.fail()
		}
		bar.step()
	}
	said := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(said)
		if o.f.engine == nil {
			o.f.interrupted("the shards that run are finished; once more to stop at once")
		}
	})
	defer func() {
		if !stop() {
			<-said
		}
	}()
	run := r.Run
	if e := o.f.engine; e != nil {
		run = func(ctx context.Context) (batch.Totals, error) { return r.RunOn(ctx, e.Run) }
	}
	totals, err := run(ctx)
	bar.finish()
	o.f.warnf("%s%s", o.sum(totals), o.again(before, totals, idle))
	if totals.Done > 0 {
		o.f.hintf("results are in %s", printable.Name(filepath.Join(o.out, "out")+string(filepath.Separator)))
	}
	if err != nil && atomicfile.DiskFull(err) {
		return &outputError{o.out, err}
	}
	if err != nil {
		return jobError(err)
	}
	switch {
	case totals.Done < totals.Shards && ctx.Err() != nil:
		return ctx.Err()
	case totals.Failed > 0 || totals.NonFinite > 0:
		return errFailed
	}
	return nil
}

// again says what a run has changed of a job that was done before.
func (o *batchOptions) again(before, now batch.Totals, idle bool) string {
	switch {
	case idle:
		return "; nothing was left to do"
	case o.retry && before.Done == before.Shards:
		return fmt.Sprintf("; %s tried again, %s mended", number.Thousands(before.Failed), number.Thousands(before.Failed-now.Failed))
	}
	return ""
}

// sum says how far a job is.
func (o *batchOptions) sum(t batch.Totals) string {
	what := "labelled"
	if o.command == batch.Features {
		what = "written"
	}
	text := fmt.Sprintf("%s %s", number.Thousands(t.Computed-t.Failed), what)
	if t.Failed > 0 {
		text += fmt.Sprintf(", %s failed (in %s)", number.Thousands(t.Failed), printable.Name(filepath.Join(o.out, "quarantine")))
	}
	if t.NonFinite > 0 {
		text += fmt.Sprintf(", %s with numbers that are none", number.Thousands(t.NonFinite))
	}
	if t.Done < t.Shards {
		text += fmt.Sprintf("; %s of %s shards are done, and the same command goes on", number.Thousands(int64(t.Done)), number.Thousands(int64(t.Shards)))
	}
	return text
}
