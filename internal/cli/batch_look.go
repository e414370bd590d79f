package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"resnet/internal/batch"
	"resnet/internal/number"
	"resnet/internal/render"
)

// readJob is a job to be looked at.
func (f *factory) readJob(name string) (*batch.Job, error) {
	job, err := batch.Read(f.path(name), name)
	return job, jobError(err)
}

func runBatchStatus(f *factory, output *outputFlags, name string) error {
	format, err := output.formatName()
	if err != nil {
		return err
	}
	job, err := f.readJob(name)
	if err != nil {
		return err
	}
	s, err := job.Status()
	if err != nil {
		return err
	}
	id := job.Plan.Identity
	view := render.BatchStatus{
		Job: name, Command: id.Command, Network: id.Network, Images: s.Images, Computed: s.Computed, Failed: s.Failed, NonFinite: s.NonFinite,
		Shards: s.Shards, Done: s.Done, Begun: s.Running, Left: s.Left, Bytes: s.Bytes, Damaged: s.Damaged, Complete: s.Complete,
	}
	if err := f.writeLook(output.file, format, view.WriteJSON, statusText(view)); err != nil {
		return err
	}
	if s.Damaged > 0 {
		f.warnf("lines of the manifest that can't be read, or are of no shard of the job: %d; nothing is counted by them", s.Damaged)
	}
	if s.Reopened > 0 {
		f.warnf("parts that are gone, or of another size than they were written with: %d; the job's command computes them again", s.Reopened)
	}
	if !s.Complete {
		return errFailed
	}
	return nil
}

// writeLook writes what is told of a job.
func (f *factory) writeLook(file, format string, json func(io.Writer) error, text string) error {
	return f.writeOutput(file, func(w io.Writer) error {
		if format == "json" {
			return failed(json(w))
		}
		width := f.width
		if isStdout(file) {
			width = f.wide()
		}
		for line := range strings.Lines(text) {
			if _, err := fmt.Fprintln(w, render.Fill(strings.TrimSuffix(line, "\n"), width)); err != nil {
				return failed(err)
			}
		}
		return nil
	})
}

func statusText(s render.BatchStatus) string {
	text := fmt.Sprintf("%s   %s with %s, %s in %s\n", s.Job, s.Command, s.Network, plural(int(s.Images), "image", "images"), plural(s.Shards, "shard", "shards"))
	text += fmt.Sprintf("done      %s, %s (%s)\n", plural(s.Done, "shard", "shards"), plural(int(s.Computed), "image", "images"), render.PercentOf(float64(s.Computed)/float64(s.Images)))
	text += fmt.Sprintf("failed    %s\n", plural(int(s.Failed), "image", "images"))
	if s.NonFinite > 0 {
		text += fmt.Sprintf("no number %s\n", plural(int(s.NonFinite), "image", "images"))
	}
	text += fmt.Sprintf("results   %s\n", number.Memory(s.Bytes))
	switch {
	case s.Complete:
		text += "complete\n"
	case s.Begun > 0:
		text += fmt.Sprintf("begun     %s%s\n", plural(s.Begun, "shard", "shards"), leftWords(s))
	}
	return text
}

// leftWords say how many of the shards that were begun nobody computes any more.
func leftWords(s render.BatchStatus) string {
	switch s.Left {
	case 0:
		return ""
	case s.Begun:
		return ", but nobody computes any more: the same command goes on"
	}
	return fmt.Sprintf(", %s of them by processes that have ended", number.Thousands(int64(s.Left)))
}

// mostFaults bounds those that are told in JSON.
const mostFaults = 1000

func runBatchVerify(ctx context.Context, f *factory, output *outputFlags, name string) error {
	format, err := output.formatName()
	if err != nil {
		return err
	}
	job, err := f.readJob(name)
	if err != nil {
		return err
	}
	view := render.BatchVerify{Job: name}
	bar := f.newProgress(true, false)
	bar.of(int64(job.Shards()))
	totals, err := job.Verify(ctx, func(err error) {
		if view.Found++; view.Found <= mostFaults {
			view.Faults = append(view.Faults, f.errorText(err))
		}
		if view.Found <= mostErrors {
			bar.clear()
			f.printError(err)
		}
	}, bar.step)
	bar.finish()
	if err != nil {
		return err
	}
	view.Images, view.Failed, view.Shards = totals.Images, totals.Failed, totals.Shards
	text := ""
	if view.Found == 0 {
		text = fmt.Sprintf("%s: %s in %s, each once; %s in quarantine; all digests are right\n",
			name, plural(int(totals.Images), "image", "images"), plural(totals.Shards, "shard", "shards"), number.Thousands(totals.Failed))
	}
	if more := view.Found - mostErrors; more > 0 {
		f.warnf("and %s more", number.Thousands(int64(more)))
	}
	if view.Found == 0 || format == "json" {
		err = f.writeLook(output.file, format, view.WriteJSON, text)
	}
	if err == nil && view.Found > 0 {
		err = errFailed
	}
	return err
}
