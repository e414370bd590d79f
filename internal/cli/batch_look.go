package cli

import (
	"context"
	"fmt"

	"resnet/internal/batch"
	"resnet/internal/number"
	"resnet/internal/render"
)

// readJob is a job to be looked at.
func (f *factory) readJob(name string) (*batch.Job, error) {
	job, err := batch.Read(f.path(name), name)
	return job, jobError(err)
}

func runBatchStatus(f *factory, name string) error {
	job, err := f.readJob(name)
	if err != nil {
		return err
	}
	s, err := job.Status()
	if err != nil {
		return err
	}
	n := func(n int64) string { return number.Thousands(n) }
	id := job.Plan.Identity
	text := fmt.Sprintf("%s   %s with %s, %s images in %s shards\n", name, id.Command, id.Network, n(s.Images), n(int64(s.Shards)))
	text += fmt.Sprintf("done      %s shards, %s images (%s)\n", n(int64(s.Done)), n(s.Computed), render.PercentOf(float64(s.Computed)/float64(s.Images)))
	text += fmt.Sprintf("failed    %s images\n", n(s.Failed))
	if s.NonFinite > 0 {
		text += fmt.Sprintf("no number %s images\n", n(s.NonFinite))
	}
	text += fmt.Sprintf("results   %s\n", number.Memory(s.Bytes))
	switch {
	case s.Complete:
		text += "complete\n"
	case s.Running > 0:
		text += fmt.Sprintf("begun     %s shards\n", n(int64(s.Running)))
	}
	if _, err := fmt.Fprint(f.Out, text); err != nil {
		return failed(err)
	}
	if s.Damaged > 0 {
		f.warnf("%s in the manifest say nothing: their shards are computed again", plural(s.Damaged, "line", "lines"))
	}
	if !s.Complete {
		return errFailed
	}
	return nil
}

func runBatchVerify(ctx context.Context, f *factory, name string) error {
	job, err := f.readJob(name)
	if err != nil {
		return err
	}
	faults := 0
	bar := f.newProgress(true, false)
	bar.of(int64(job.Shards()))
	totals, err := job.Verify(ctx, func(err error) {
		if faults++; faults <= mostErrors {
			bar.clear()
			f.printError(err)
		}
	}, bar.step)
	bar.finish()
	if err != nil {
		return err
	}
	if faults > mostErrors {
		f.warnf("and %s more", number.Thousands(int64(faults-mostErrors)))
	}
	if faults > 0 {
		return errFailed
	}
	_, err = fmt.Fprintf(f.Out, "%s: %s images in %s shards, each once; %s in quarantine; all digests are right\n",
		name, number.Thousands(totals.Images), number.Thousands(int64(totals.Shards)), number.Thousands(totals.Failed))
	return failed(err)
}
