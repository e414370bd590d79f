package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/batch"
)

// Engine computes the shards of a job on many machines: a program of its own, which has the flags of `batch` for all that
// concerns the job.
type Engine struct {
	Program string               // its name
	Long    string               // what it does
	Where   string               // " on …, …": how it computes a job
	Example string               // arguments behind a command
	Flags   func(*pflag.FlagSet) // adds its own flags
	// Run has workers compute shards of the job that this process was started for: each calls Work with the same arguments.
	Run func(ctx context.Context, shards []int) error

	work func(context.Context, Shards) error // of a worker
}

// Shards are those of a job, as a worker has them. They may be computed several at a time.
type Shards interface {
	// Shard computes a shard, unless it is done; one that another worker computes is waited for.
	Shard(ctx context.Context, number int) error
	// Finish marks a job as done, of which every shard is.
	Finish() error
}

// MainOn is Main of the program of an engine.
func MainOn(e Engine, args []string, in io.Reader, out, errOut io.Writer) int {
	return start(&e, args, in, out, errOut)
}

// Work opens the job that the program was started with args for, as one of its workers, and is one until work returns. What
// is wrong goes to errOut; the exit code is that of Main.
func Work(e Engine, args []string, errOut io.Writer, work func(context.Context, Shards) error) int {
	e.work = work
	return start(&e, args, nil, io.Discard, errOut)
}

func newEngineCmd(f *factory) *cobra.Command {
	e := f.engine
	root := newRoot(f, &cobra.Command{Use: e.Program, Long: e.Long})
	root.AddCommand(newBatchClassifyCmd(f), newBatchFeaturesCmd(f))
	return root
}

// work is a worker of a job.
func (o *batchOptions) work(ctx context.Context, task *batch.Task) (err error) {
	identity, err := task.Identity(ctx)
	if err != nil {
		return err
	}
	job, err := batch.Join(o.f.path(o.out), o.out, identity, task.Limits(o.decoding.maxMemory))
	if err != nil {
		return jobError(err)
	}
	defer func() { err = errors.Join(err, job.Close()) }()
	w, err := o.runner(task, job).Worker()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	return o.f.engine.work(ctx, w)
}

// program is what this one is called.
func (f *factory) program() string {
	if f.engine != nil {
		return f.engine.Program
	}
	return "resnet"
}
