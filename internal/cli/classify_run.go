package cli

import (
	"context"
	"io"

	"resnet/internal/cam"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/render"
)

func runClassify(ctx context.Context, o *classifyOptions, args []string) error {
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	run := newImageRun(o.f, &o.images, args)
	if err := o.check(format, run.many); err != nil {
		return err
	}
	t, err := o.trained.load(ctx, o.f, &o.preprocess)
	if err != nil {
		return err
	}
	defer t.Close()
	run.preprocess = t.preprocess
	c := &classification{opts: o, imageRun: run, trained: t, top: o.top.labels(run.many)}
	if err := c.prepareMaps(ctx); err != nil {
		return err
	}
	err = c.withSheet(func() error {
		return o.f.writeOutput(o.output.file, func(w io.Writer) error { return c.run(ctx, w, format) })
	})
	if err != nil {
		return err
	}
	if !c.many && t.Source.Builtin() && len(c.failed) == 0 {
		o.f.hintf("\n200 classes, top-1 55 %%. For ImageNet's 1,000: resnet weights pull resnet50, then --arch 50")
	}
	return c.sumUp("labelled")
}

// classification is one run: it takes the images as they come out of the pipeline.
type classification struct {
	opts *classifyOptions
	*imageRun
	trained *trained
	top     int
	writer  render.ClassifyWriter
	camera  *cameraman // nil: no maps are asked for
	sheet   *cam.Sheet // nil: none
}

func (c *classification) run(ctx context.Context, w io.Writer, format string) error {
	runner, err := c.trained.runner(c.f, c.many, c.opts.engine)
	if err != nil {
		return err
	}
	if format == "json" {
		go func() { _, _ = c.trained.SHA256() }() // hashed beside the run; the result waits for it
	}
	look := c.f.look(c.opts.output.file)
	if c.writer, err = render.NewClassifyWriter(w, format, c.head(ctx), look); err != nil {
		return err
	}
	newCompute := runner.logits
	if c.camera != nil {
		newCompute = c.camera.compute(runner)
	}
	take := func(job *imageJob) error {
		result, err := c.label(job)
		if err != nil {
			return err
		}
		err = c.writer.Result(result)
		if c.opts.explain && err == nil {
			err = render.WriteSteps(w, explain(c.preprocess, job.crop), look)
		}
		if c.opts.pictures != "" && err == nil {
			err = c.writePictures(ctx, job)
		}
		if err == nil {
			err = c.showMaps(ctx, w, job, look)
		}
		return stop(errorOr(err, func() error { return flush(w) }))
	}
	report := func(job *imageJob) error {
		class := string(imaging.ClassOf(job.err))
		if c.sheet != nil {
			if err := c.sheet.Add(cam.Card{File: job.name, Error: errorText(job.err)}); err != nil {
				return failed(err)
			}
		}
		return failed(c.writer.Result(render.Classified{File: job.name, Err: &render.ImageError{Class: class, Message: job.err.Error()}}))
	}
	if err := c.each(ctx, runner.workers, newCompute, take, report); err != nil {
		return err
	}
	return failed(c.writer.Close())
}

// head is what holds for all images.
func (c *classification) head(ctx context.Context) render.ClassifyHead {
	t := c.trained
	head := render.ClassifyHead{
		Arch: t.Arch.Name, Net: t.words(), Preprocess: t.preprocess, Top: c.top, Many: c.many,
		Source: t.Source.Name, SHA256: t.SHA256,
	}
	if c.many {
		head.NameWidth = c.found.nameWidth(ctx)
	}
	return head
}

// label ranks the classes of one image, and copies it where it was asked to.
func (c *classification) label(job *imageJob) (render.Classified, error) {
	all := labels.Top(job.output, 0, c.trained.labels)
	top := all
	result := render.Classified{File: job.name}
	if c.top > 0 && c.top < len(all) {
		top = all[:c.top]
		result.NextBest = &all[c.top]
	}
	result.Predictions = top
	size := job.crop.Steps.Decoded
	result.Width, result.Height = size.X, size.Y
	if c.opts.copyTo == "" {
		return result, nil
	}
	label := directoryName(top[0].Label)
	if top[0].Probability < c.opts.minimum {
		label = unsureDir
	}
	return result, copyInto(c.f.path(c.opts.copyTo), label, job)
}

// flush shows what was written so far, so that results appear as they come.
func flush(w io.Writer) error {
	if b, ok := w.(interface{ Flush() error }); ok {
		return failed(b.Flush())
	}
	return nil
}
