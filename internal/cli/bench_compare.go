package cli

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"resnet/internal/isa"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/tensor"
	"resnet/internal/timing"
)

// benchSetting is one of those that --compare measures against each other.
type benchSetting struct {
	name    string
	batch   int
	compute nets.Compute
}

// benchAxis is what the settings of a comparison differ in.
type benchAxis struct {
	name    string
	example string
	set     func(s *benchSetting, value string) error
}

// benchAxes are listed in the order of the help.
var benchAxes = []benchAxis{
	{"precision", "float32,int8", setPrecision},
	{"exact", "exact", setExact},
	{"threads", "threads=1,2", setThreads},
	{"batch", "batch=1,8", setBatch},
	{"kernel", "kernel=avx2,avx512", setKernel},
}

func compareExamples() []string {
	words := make([]string, len(benchAxes))
	for i, a := range benchAxes {
		words[i] = a.example
	}
	return words
}

// parseCompare gives the axis that --compare names, nil where there is none of that name, and its values.
func parseCompare(text string) (axis *benchAxis, values []string) {
	name, list, named := strings.Cut(text, "=")
	switch first, _, _ := strings.Cut(text, ","); {
	case named:
	case text == "exact":
		list = "false,true"
	case first == nets.Float32 || first == nets.Int8:
		name, list = "precision", text
	}
	i := slices.IndexFunc(benchAxes, func(a benchAxis) bool { return a.name == name })
	if i < 0 {
		return nil, nil
	}
	return &benchAxes[i], strings.Split(list, ",")
}

// settings reads --compare. Two settings may be the same: their ratio shows how far chance goes.
func (o *benchOptions) settings() ([]benchSetting, error) {
	axis, values := parseCompare(o.compare)
	switch {
	case axis == nil:
		return nil, usagef("--compare %q: want %s", o.compare, strings.Join(compareExamples(), " or "))
	case len(values) < 2:
		return nil, usagef("--compare %s: one setting alone, want two or more: %s", o.compare, axis.example)
	case len(values) > maxSettings:
		return nil, usagef("--compare %s: %d settings, at most %d", o.compare, len(values), maxSettings)
	case o.output.command.Flags().Changed(axis.name):
		return nil, usagef("--compare %s sets what --%s does: leave one out", o.compare, axis.name)
	case o.perLayer:
		return nil, usagef("--per-layer is of one setting: leave out --compare %s", o.compare)
	}
	settings := make([]benchSetting, len(values))
	for j, value := range values {
		s := benchSetting{name: value, batch: o.input.batch, compute: o.engine.compute()}
		if axis.name != "precision" {
			s.name = axis.name + "=" + value
		}
		s.compute.Threads, s.compute.Seed = o.engine.cores(), o.seed
		if err := axis.set(&s, value); err != nil {
			return nil, usagef("--compare %s: %w", o.compare, err)
		}
		settings[j] = s
	}
	return settings, nil
}

// maxSettings bounds what is kept in memory at the same time.
const maxSettings = 8

func setPrecision(s *benchSetting, value string) error {
	s.compute.Precision = value
	return oneOf(value, nets.Float32, nets.Int8)
}

func setExact(s *benchSetting, value string) error {
	s.compute.Exact = value == "true"
	return oneOf(value, "true", "false")
}

func oneOf(value string, words ...string) error {
	if !slices.Contains(words, value) {
		return fmt.Errorf("%q is not one of %s", value, strings.Join(words, ", "))
	}
	return nil
}

func setThreads(s *benchSetting, value string) (err error) {
	s.compute.Threads, err = wholeBetween(value, 1, maxThreads*nets.Cores())
	return err
}

func setBatch(s *benchSetting, value string) (err error) {
	s.batch, err = wholeBetween(value, 1, math.MaxInt32)
	return err
}

func wholeBetween(value string, low, high int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is not a number from %d to %d", value, low, high)
	}
	return n, nil
}

func setKernel(s *benchSetting, value string) error {
	level, err := isa.Parse(value)
	s.compute.Kernels = &level
	return err
}

// measureSettings times them in turns. The memory of all is checked before any is allocated.
func (o *benchOptions) measureSettings(ctx context.Context, w *nets.Net, settings []benchSetting) (*render.BenchComparison, error) {
	shapes := make([]tensor.Shape, len(settings))
	for i, s := range settings {
		var err error
		if shapes[i], err = (&shapeFlags{s.batch, o.input.size}).shape(w); err != nil {
			return nil, err
		}
	}
	if err := w.CheckMemory(shapes...); err != nil {
		return nil, err
	}
	view := &render.BenchComparison{Arch: w.Arch.Name, Runs: o.runs}
	runners := make([]*nets.Runner, len(settings))
	for i, s := range settings {
		runner, err := w.Runner(s.compute)
		if err != nil {
			return nil, err
		}
		defer runner.Close()
		runners[i] = runner
		if view.Weights == "" || runner.Precision == nets.Float32 {
			view.Weights = runner.Weights
		}
		view.Settings = append(view.Settings, render.BenchSetting{
			Name: s.name, Input: shapes[i], Threads: s.compute.Threads, Kernel: s.level().String(), Precision: runner.Precision, Exact: s.compute.Exact,
		})
	}
	ways := make([]func() (time.Duration, error), len(settings))
	for i, runner := range runners {
		input, err := w.Noise(ctx, shapes[i], o.seed)
		if err != nil {
			return nil, err
		}
		if ways[i], err = wholeRun(ctx, runner, input); err != nil {
			return nil, err
		}
	}
	times, err := timing.Rounds(warmUps, o.runs, ways...)
	if err != nil {
		return nil, err
	}
	for i := range view.Settings {
		compareTimes(&view.Settings[i], times[i], &view.Settings[0], times[0])
	}
	return view, nil
}

// level is that of the instructions that the setting's kernels use.
func (s *benchSetting) level() isa.Level {
	if s.compute.Kernels != nil {
		return *s.compute.Kernels
	}
	return isa.Allowed()
}

// compareTimes fills in what the times of a setting and of the first tell.
func compareTimes(s *render.BenchSetting, times []time.Duration, first *render.BenchSetting, firsts []time.Duration) {
	ratios := timing.Ratios(times, firsts)
	for i := range ratios {
		ratios[i] *= float64(first.Input[0]) / float64(s.Input[0])
	}
	slices.Sort(ratios)
	s.Ratio, s.Low, s.High = timing.Median(ratios), math.NaN(), math.NaN()
	if math.IsNaN(ratios[0]) { // the clock saw neither take time
		s.Ratio = math.NaN()
	} else if len(ratios) >= timing.LeastRounds {
		s.Low, s.High = timing.MedianInterval(ratios)
	}
	sorted := slices.Sorted(slices.Values(times))
	s.Min, s.Mid = sorted[0], timing.Median(sorted)
}
