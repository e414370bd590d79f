package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"resnet/internal/engine"
	"resnet/internal/hooks"
	"resnet/internal/imaging"
	"resnet/internal/number"
	"resnet/internal/tensor"
)

// imageRun is what the commands about images share: it takes one image after the other, reports what fails, and sums
// up.
type imageRun struct {
	f          *factory
	flags      *imageFlags
	preprocess imaging.Preprocess
	found      *inputs
	walk       walkImages
	many       bool
	bar        *progress
	after      func(context.Context, *imageJob) error // of the pipeline; nil for most

	done   int
	failed failures
}

func newImageRun(f *factory, flags *imageFlags, args []string) *imageRun {
	found := &inputs{f: f, args: args, recursive: flags.recursive}
	return &imageRun{f: f, flags: flags, found: found, walk: found.each, many: !found.one(), failed: failures{}, bar: f.newProgress(!found.one())}
}

// each sends the images through a pipeline and calls take with what comes out, in order. An error of take is that image's
// failure. report, if not nil, is told of the images that failed.
func (r *imageRun) each(ctx context.Context, workers int, newCompute func() (compute, error), take func(*imageJob) error, report func(*imageJob) error) error {
	pipeline := &imagePipeline{
		f: r.f, preprocess: r.preprocess, workers: workers, timeout: r.flags.timeout, newCompute: newCompute, after: r.after,
		options: func(name string) imaging.Options { return r.flags.options(r.f, name) },
	}
	err := pipeline.run(ctx, r.walk, func(job *imageJob) error {
		r.bar.step()
		if job.err == nil {
			job.err = take(job)
		}
		if job.err == nil {
			r.done++
			return nil
		}
		return r.fail(job, report)
	})
	r.bar.finish()
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err == nil && r.done == 0 && len(r.failed) == 0 {
		err = fmt.Errorf("no image found%s", optional(" (", r.found.skipped.String(), ")"))
	}
	return err
}

// reload decodes an image of the pipeline once more, for other preprocessing. What there is to warn of was said.
func (r *imageRun) reload(ctx context.Context, job *imageJob, preprocess imaging.Preprocess) (*imaging.Crop, error) {
	options := r.flags.options(r.f, job.name)
	options.Warn = nil
	return job.load(ctx, preprocess, options)
}

func (r *imageRun) fail(job *imageJob, report func(*imageJob) error) error {
	if stop, ok := errors.AsType[stopError](job.err); ok {
		return stop.err
	}
	r.failed[string(imaging.ClassOf(job.err))]++
	r.bar.clear()
	r.f.errorLine(job.name, job.err)
	if report != nil {
		if err := report(job); err != nil {
			return err
		}
	}
	if r.flags.failFast {
		return errEnough
	}
	return nil
}

// errEnough ends a run early, with what was done so far.
var errEnough = errors.New("enough")

// stopError is an error of take that is no image's: the output can't be written.
type stopError struct{ err error }

func (e stopError) Error() string { return e.err.Error() }

// stop ends the run with err, if there is one.
func stop(err error) error {
	if err == nil {
		return nil
	}
	return stopError{failed(err)}
}

// sumUp ends a command: what was done, on stderr, and the exit code.
func (r *imageRun) sumUp(did string) error {
	parts := []string{number.Thousands(int64(r.done)) + " " + did}
	for _, part := range []string{r.failed.String(), r.found.skipped.String()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if r.many || len(parts) > 1 {
		r.f.warnf("%s", strings.Join(parts, ", "))
	}
	if len(r.failed) > 0 {
		return errFailed
	}
	return nil
}

func optional(before, text, after string) string {
	if text == "" {
		return ""
	}
	return before + text + after
}

// runner makes sessions of a trained network for an image run: one with all threads for one image, one a core for
// several, which is how the most images a second are computed.
type runner struct {
	workers, threads int
	trained          *trained
	program          *engine.Program
	input            tensor.Shape
}

// runner packs nothing yet, but finds what is wrong with the weights, the crop and the number of threads.
func (t *trained) runner(f *factory, many bool, flags engineFlags) (*runner, error) {
	if err := flags.check(f); err != nil {
		return nil, err
	}
	program, err := engine.New(t.Graph, t.Weights, flags.options())
	if err != nil {
		return nil, err
	}
	height, width := t.cropSize()
	r := &runner{workers: 1, threads: flags.cores(), trained: t, program: program, input: tensor.Shape{1, 3, height, width}}
	if _, err := t.Graph.Shapes(r.input); err != nil {
		return nil, fmt.Errorf("%s with a crop of %d×%d: %w", t.Arch.Name, height, width, err)
	}
	if many {
		r.workers, r.threads = r.threads, 1
	}
	return r, nil
}

// logits makes a session that computes the logits.
func (r *runner) logits() (compute, error) { return r.session(nil, nil) }

// layer makes a session that computes the output of one layer, a map averaged to a number a channel.
func (r *runner) layer(name string) (compute, error) {
	watcher := &layerWatcher{}
	set := hooks.NewSet(r.trained.Graph)
	if _, err := set.Add(name, watcher); err != nil {
		return nil, err
	}
	return r.session(set, watcher)
}

func (r *runner) session(set *hooks.Set, watcher *layerWatcher) (compute, error) {
	plan, err := r.program.Plan(r.input, set)
	if err != nil {
		return nil, err
	}
	session := plan.NewSession(r.threads)
	return func(ctx context.Context, x tensor.Tensor) ([]float32, error) {
		y, err := session.Run(ctx, x)
		if err != nil || watcher == nil {
			return y.Clone().Data, err
		}
		return watcher.pooled, nil
	}, nil
}

// layerWatcher keeps the last output of a layer, pooled.
type layerWatcher struct{ pooled []float32 }

func (*layerWatcher) Needs() hooks.Needs { return hooks.Output }

func (w *layerWatcher) After(e hooks.Event) error {
	channels := e.Output.Shape[1]
	size := len(e.Output.Data) / channels
	w.pooled = make([]float32, channels)
	for c := range w.pooled {
		sum := 0.0
		for _, v := range e.Output.Data[c*size : (c+1)*size] {
			sum += float64(v)
		}
		w.pooled[c] = float32(sum / float64(size))
	}
	return nil
}
