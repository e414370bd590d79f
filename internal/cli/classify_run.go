package cli

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"

	"resnet/internal/engine"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/number"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

func runClassify(ctx context.Context, o *classifyOptions, args []string) error {
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	found := &inputs{f: o.f, args: args, recursive: o.images.recursive}
	many := !found.one()
	if err := o.check(format, many); err != nil {
		return err
	}
	t, err := o.trained.load(ctx, o.f)
	if err != nil {
		return err
	}
	defer t.close()
	if t.preprocess, err = o.preprocess.over(t.preprocess); err != nil {
		return err
	}
	pipeline, err := o.pipeline(t, many)
	if err != nil {
		return err
	}
	c := &classification{classifyOptions: o, trained: t, many: many, top: o.top.labels(many), failed: failures{}}
	err = o.f.writeOutput(o.output.file, func(w io.Writer) error {
		return c.run(ctx, w, format, found, pipeline)
	})
	if err != nil {
		return err
	}
	return c.sumUp(found)
}

// pipeline is one session with all threads for one image, a session a core for several.
func (o *classifyOptions) pipeline(t *trained, many bool) (*imagePipeline, error) {
	program, err := engine.New(t.graph, t.weights, engine.Options{})
	if err != nil {
		return nil, err
	}
	crop := t.preprocess.Crop
	if crop.Width == 0 {
		crop.Width = crop.Height
	}
	plan, err := program.Plan(tensor.Shape{1, 3, crop.Height, crop.Width}, nil)
	if err != nil {
		return nil, fmt.Errorf("%s with a crop of %v: %w", t.Name, crop, err)
	}
	threads := o.threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	workers := 1
	if many {
		workers, threads = threads, 1
	}
	return &imagePipeline{
		f: o.f, preprocess: t.preprocess, workers: workers,
		options: func(name string) imaging.Options { return o.images.options(o.f, name) },
		newCompute: func() (compute, error) {
			session := plan.NewSession(threads)
			return func(ctx context.Context, x tensor.Tensor) ([]float32, error) {
				y, err := session.Run(ctx, x)
				return y.Clone().Data, err
			}, nil
		},
	}, nil
}

// classification is one run: it takes the images as they come out of the pipeline.
type classification struct {
	*classifyOptions
	trained *trained
	many    bool
	top     int
	writer  render.ClassifyWriter
	bar     *progress

	labelled int
	failed   failures
}

func (c *classification) run(ctx context.Context, w io.Writer, format string, found *inputs, pipeline *imagePipeline) error {
	head, err := c.head()
	if err != nil {
		return err
	}
	if c.many {
		head.NameWidth = found.nameWidth(ctx)
	}
	look := render.Look(c.f.look(c.output.file))
	if c.writer, err = render.NewClassifyWriter(w, format, head, look); err != nil {
		return err
	}
	c.bar = c.f.newProgress(c.many)
	err = pipeline.run(ctx, found.each, func(job *imageJob) error {
		c.bar.step()
		if err := c.take(job); err != nil {
			return err
		}
		if c.explain && job.err == nil {
			if err := render.WriteSteps(w, explain(c.trained.preprocess, job.crop), look); err != nil {
				return err
			}
		}
		return flush(w)
	})
	c.bar.finish()
	if err != nil {
		return err
	}
	if c.labelled == 0 && len(c.failed) == 0 {
		return fmt.Errorf("no image found%s", optional(" (", found.skipped.String(), ")"))
	}
	return c.writer.Close()
}

// head is what holds for all images.
func (c *classification) head() (render.ClassifyHead, error) {
	t := c.trained
	source := t.source
	if t.builtin {
		source = "built in"
	}
	crop := t.preprocess.Crop
	net := fmt.Sprintf("%s (%s: %s classes, sees %d×%d pixels)", t.Name, source, number.Thousands(int64(t.Spec.NumClasses)), crop.Height, max(crop.Width, crop.Height))
	head := render.ClassifyHead{
		Arch: t.Name, Net: net, Preprocess: t.preprocess, Top: c.top, Many: c.many,
		Weights: render.WeightsSource{Source: t.source},
	}
	var err error
	if t.sha256 != nil {
		head.Weights.SHA256, err = t.sha256()
	}
	return head, err
}

// take shows one image, or reports why it can't be.
func (c *classification) take(job *imageJob) error {
	result := render.Classified{File: job.name}
	if job.err == nil {
		top := labels.Top(job.output, c.top, c.trained.labels)
		next := labels.Top(job.output, len(top)+1, c.trained.labels)[len(top):]
		if len(next) > 0 {
			result.NextBest = &next[0]
		}
		result.Width, result.Height = job.crop.Steps.Decoded.X, job.crop.Steps.Decoded.Y
		result.Predictions = top
		if c.copyTo != "" {
			job.err = c.copy(job, top[0])
		}
	}
	if job.err != nil {
		class := imaging.ClassOf(job.err)
		result = render.Classified{File: job.name, Err: &render.ImageError{Class: string(class), Message: job.err.Error()}}
		c.failed[string(class)]++
		c.bar.clear()
		c.f.errorLine(job.name, job.err)
	} else {
		c.labelled++
	}
	return failed(c.writer.Result(result))
}

func (c *classification) copy(job *imageJob, best labels.Prediction) error {
	if best.Probability < c.minimum {
		return copyInto(c.f.path(c.copyTo), unsureDir, job)
	}
	return copyInto(c.f.path(c.copyTo), directoryName(best.Label), job)
}

// sumUp ends the run: what was done, on stderr, and the exit code.
func (c *classification) sumUp(found *inputs) error {
	parts := []string{number.Thousands(int64(c.labelled)) + " labelled"}
	for _, part := range []string{c.failed.String(), found.skipped.String()} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if c.many || len(parts) > 1 {
		c.f.warnf("%s", strings.Join(parts, ", "))
	}
	if !c.many && c.trained.builtin && len(c.failed) == 0 {
		c.f.hintf("\n200 classes, top-1 55 %%. For ImageNet's 1,000: --arch 18 --weights FILE")
	}
	if len(c.failed) > 0 {
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

// flush shows what was written so far, so that results appear as they come.
func flush(w io.Writer) error {
	if b, ok := w.(interface{ Flush() error }); ok {
		return failed(b.Flush())
	}
	return nil
}
