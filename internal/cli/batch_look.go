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
	id := job.Plan.Identity
	text := fmt.Sprintf("%s   %s with %s, %s in %s\n", name, id.Command, id.Network, plural(int(s.Images), "image", "images"), plural(s.Shards, "shard", "shards"))
	text += fmt.Sprintf("done      %s, %s (%s)\n", plural(s.Done, "shard", "shards"), plural(int(s.Computed), "image", "images"), render.PercentOf(float64(s.Computed)/float64(s.Images)))
	text += fmt.Sprintf("failed    %s\n", plural(int(s.Failed), "image", "images"))
	if s.NonFinite > 0 {
		text += fmt.Sprintf("no number %s\n", plural(int(s.NonFinite), "image", "images"))
	}
	text += fmt.Sprintf("results   %s\n", number.Memory(s.Bytes))
	switch {
	case s.Complete:
		text += "complete\n"
	case s.Running > 0:
		text += fmt.Sprintf("begun     %s\n", plural(s.Running, "shard", "shards"))
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
	_, err = fmt.Fprintf(f.Out, "%s: %s in %s, each once; %s in quarantine; all digests are right\n",
		name, plural(int(totals.Images), "image", "images"), plural(totals.Shards, "shard", "shards"), number.Thousands(totals.Failed))
	return failed(err)
}
