package main

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"resnet/internal/cli"
)

func init() {
	register.DoFn3x1[context.Context, int, func(int), error](&computeFn{})
	register.Emitter1[int]()
	register.Function2x1(add)
	register.DoFn2x1[context.Context, int, error](&finishFn{})
}

// newPipeline has every shard computed once or more, each machine as many as its slots, and then marks the job as done.
// What goes through it are numbers of shards: images are read where they are computed.
func newPipeline(job command, shards []int) *beam.Pipeline {
	p, s := beam.NewPipelineWithRoot()
	todo := beam.Reshuffle(s.Scope("spread"), beam.CreateList(s.Scope("shards"), shards))
	done := beam.ParDo(s.Scope("compute"), &computeFn{job}, todo)
	beam.ParDo0(s.Scope("finish"), &finishFn{job, len(shards)}, beam.Combine(s.Scope("count"), add, done))
	return p
}

// computeFn computes shards, and emits a one for each.
type computeFn struct{ Job command }

// ProcessElement computes a shard.
func (f *computeFn) ProcessElement(ctx context.Context, shard int, emit func(int)) error {
	err := f.Job.with(func(job cli.Shards) error { return job.Shard(ctx, shard) })
	if err == nil {
		emit(1)
	}
	return err
}

func add(a, b int) int { return a + b }

// finishFn marks a job as done.
type finishFn struct {
	Job    command
	Shards int // how many were to be computed
}

// ProcessElement wants all shards to have come through. That they are done is what the manifest says.
func (f *finishFn) ProcessElement(_ context.Context, computed int) error {
	if computed != f.Shards {
		return fmt.Errorf("%d shards were to be computed, and %d were", f.Shards, computed)
	}
	return f.Job.with(cli.Shards.Finish)
}
