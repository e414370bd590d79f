package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"resnet/internal/engine"
	"resnet/internal/hooks"
	"resnet/internal/isa"
	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/tensor"
	"resnet/internal/timing"
)

type benchOptions struct {
	f *factory

	arch     archFlag
	weights  weightsFlags
	input    shapeFlags
	output   outputFlags
	perLayer bool
	compare  string
	runs     int
	seed     uint64
	engine   engineFlags
}

// warmUps are runs that are not counted: the first ones touch memory for the first time.
const warmUps = 5

func newBenchCmd(f *factory) *cobra.Command { return benchCmd(&benchOptions{f: f}) }

func benchCmd(opts *benchOptions) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench [NET]",
		Short: "Measure how fast a network runs on this machine",
		Long: `Measure how fast a network runs on this machine: latency, images a second, GFLOP/s (two a multiply-add), and
what part of the measured peak of the cores that is. Winograd computes fewer operations than are counted,
so that the part may be above 100 %.

--per-layer shows each step of the plan: its time, how fast its kernel is, and what it reads and writes.

--compare measures two settings or more in one process, in turns: each round runs all of them, every other round in
reverse, so that other work on the machine falls on all alike. The ratio is of the time for an image to that of the
first setting in the same round: the median of --runs rounds, with a 95 % interval by order statistics (Conover, 1999),
which supposes nothing about how times are distributed. An interval without 1 tells a difference; the same setting twice
(threads=2,2) shows how far chance goes. What can be compared:

  float32,int8             of a quantized file: with its weights as real numbers, and in bytes
  exact                    with Winograd, and without: exact=false,true
  threads=1,2  batch=1,8   numbers, at most ` + strconv.Itoa(maxSettings) + ` of them
  kernel=avx2,avx512       names of RESNET_KERNEL, which this asks for whatever the variable says`,
		Example: `  resnet bench 50
  resnet bench 50 --threads 1 --per-layer
  resnet bench 18 --batch 8 --format json
  resnet bench 18 --compare threads=1,2 --runs 50
  RESNET_KERNEL=avx2 resnet bench 50`,
		GroupID: groupClassify,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := opts.arch.choose(cmd, args)
			if err != nil {
				return err
			}
			return runBench(cmd.Context(), opts, netChoice(name, len(args) > 0 || cmd.Flags().Changed("arch"), opts.weights))
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	opts.arch.add(cmd)
	opts.weights.add(cmd)
	opts.input.add(cmd)
	opts.engine.add(cmd)
	flags.IntVar(&opts.runs, "runs", 20, "count `N` runs, after a few that are not counted; of --compare: rounds")
	flags.StringVar(&opts.compare, "compare", "", "time `SETTINGS` in turns: "+strings.Join(compareExamples(), " or "))
	completeWords(cmd, "compare", compareExamples())
	flags.BoolVar(&opts.perLayer, "per-layer", false, "the time of each layer")
	flags.Uint64Var(&opts.seed, "seed", 0, "seed `N` of random weights and noise")
	opts.output.add(cmd, render.Formats(&render.Bench{})...)
	return cmd
}

// maxRuns bounds the times that are kept.
const maxRuns = 1_000_000

func runBench(ctx context.Context, o *benchOptions, choice nets.Choice) error {
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	if o.runs < 1 || o.runs > maxRuns {
		return usagef("--runs %d: want 1 to %d", o.runs, maxRuns)
	}
	if err := o.engine.check(o.f); err != nil {
		return err
	}
	var settings []benchSetting
	if o.output.command.Flags().Changed("compare") {
		if settings, err = o.settings(); err != nil {
			return err
		}
	}
	w, err := o.f.nets().Open(ctx, choice)
	if err != nil {
		return err
	}
	defer w.Close()
	var view render.View
	if settings != nil {
		view, err = o.measureSettings(ctx, w, settings)
	} else {
		view, err = o.measure(ctx, w)
	}
	if errors.Is(err, context.Canceled) {
		o.f.interrupted("interrupted: nothing was measured")
	}
	if err != nil {
		return err
	}
	look := o.f.look(o.output.file, format)
	return o.f.writeOutput(o.output.file, func(out io.Writer) error { return render.Write(out, view, format, look) })
}

func (o *benchOptions) measure(ctx context.Context, w *nets.Net) (*render.Bench, error) {
	shape, err := o.input.shape(w)
	if err != nil {
		return nil, err
	}
	input, err := w.Noise(ctx, shape, o.seed)
	if err != nil {
		return nil, err
	}
	macs, err := w.Graph.MACs(shape)
	if err != nil {
		return nil, err
	}
	view := &render.Bench{Arch: w.Arch.Name, Input: shape, Threads: o.engine.cores(), Runs: o.runs, Kernel: isa.Allowed().String(), MACs: macs}
	compute := o.engine.compute()
	compute.Threads, compute.Seed = view.Threads, o.seed
	runner, err := w.Runner(compute)
	if err != nil {
		return nil, err
	}
	defer runner.Close()
	view.Weights = runner.Weights
	if view.Precision = runner.Precision; view.Int8() {
		view.Peak = engine.PeakInt8()
	} else {
		view.Peak = engine.PeakGFLOPS()
	}
	if err := o.latency(ctx, runner, input, view); err != nil {
		return nil, err
	}
	if o.perLayer {
		if err := o.layers(ctx, w.Graph, runner, input, view); err != nil {
			return nil, err
		}
	}
	view.Memory = peakMemory()
	return view, nil
}

// latency times whole runs.
func (o *benchOptions) latency(ctx context.Context, runner *nets.Runner, input tensor.Tensor, view *render.Bench) error {
	way, err := wholeRun(ctx, runner, input)
	if err != nil {
		return err
	}
	times, err := timing.Rounds(warmUps, o.runs, way)
	if err != nil {
		return err
	}
	sorted := slices.Sorted(slices.Values(times[0]))
	view.Min, view.Mid, view.P95 = sorted[0], timing.Median(sorted), quantile(sorted, 0.95)
	return nil
}

// wholeRun makes a function that times a run of a plan without hooks.
func wholeRun(ctx context.Context, runner *nets.Runner, input tensor.Tensor) (func() (time.Duration, error), error) {
	session, err := runner.Session(ctx, input.Shape, nil)
	if err != nil {
		return nil, err
	}
	return func() (time.Duration, error) {
		start := time.Now()
		_, err := session.Run(ctx, input)
		return time.Since(start), err
	}, nil
}

// layers times each step of the plan: the median of the runs.
func (o *benchOptions) layers(ctx context.Context, graph *model.Graph, runner *nets.Runner, input tensor.Tensor, view *render.Bench) error {
	set := hooks.NewSet(graph.Graph)
	if _, err := set.Add("", hooks.Func(hooks.Time, func(hooks.Event) error { return nil })); err != nil {
		return err
	}
	session, err := runner.Session(ctx, input.Shape, set)
	if err != nil {
		return err
	}
	times := make([][]time.Duration, len(session.Plan.Steps()))
	for i := range warmUps + o.runs {
		if _, err := session.Run(ctx, input); err != nil {
			return err
		}
		for step, elapsed := range session.Elapsed() {
			if i >= warmUps {
				times[step] = append(times[step], elapsed)
			}
		}
	}
	for i, step := range session.Plan.Steps() {
		slices.Sort(times[i])
		view.Layers = append(view.Layers, render.BenchLayer{
			Paths: step.Paths, Kernel: step.Kernel, Time: timing.Median(times[i]), MACs: step.MACs, Bytes: step.Bytes,
		})
	}
	return nil
}

// quantile is the nearest rank of sorted times.
func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
