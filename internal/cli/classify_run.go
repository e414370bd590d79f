package cli

import (
	"context"
	"io"
	"math"

	"resnet/internal/imaging"
	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/report"
)

func runClassify(ctx context.Context, o *classifyOptions, args []string) error {
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	run := newImageRun(o.f, &o.images, args, o.output.file)
	if err := o.check(format, run.many); err != nil {
		return err
	}
	net, err := o.trained.predictor(ctx, o.f, &o.preprocess, o.engine, run.many)
	if err != nil {
		return err
	}
	defer net.Net.Close()
	defer net.Close()
	c := &classification{opts: o, imageRun: run, net: net, format: format, top: o.top.labels(run.many)}
	if err := c.prepareMaps(ctx); err != nil {
		return err
	}
	c.familiar = o.f.familiar(ctx, net)
	err = c.withSheet(func() error {
		return o.f.writeOutput(o.output.file, func(w io.Writer) error { return c.run(ctx, w) })
	})
	if err != nil {
		return c.sayPartial(err, o.output.file)
	}
	if !c.many && net.Net.Source.Builtin() && len(c.failed) == 0 {
		o.f.hintf("\n%d classes, top-1 %.0f %%. For ImageNet's 1,000:\n  resnet weights pull resnet50, then --arch 50", net.Net.Arch.Spec.NumClasses, net.Net.Source.Set.Top1)
	}
	return c.sumUp("labelled")
}

// classification is one run: it takes the images in order as they are done.
type classification struct {
	opts *classifyOptions
	*imageRun
	net    *nets.Predictor
	format string
	top    int
	writer render.ClassifyWriter
	camera *cameraman // nil: no maps are asked for
	// familiar tells images that are like those that the network has learned from; nil: nothing is known of them.
	familiar *familiar
	sheet    *report.Cards // nil: none
}

// classified is what was made of one image.
type classified struct {
	*nets.Seen
	filmed *filmed // nil: no maps are asked for
}

func (c *classification) run(ctx context.Context, w io.Writer) error {
	if c.format == "json" {
		go func() { _, _ = c.net.Net.SHA256() }() // hashed beside the run; the result waits for it
	}
	look := c.f.look(c.opts.output.file, c.format)
	var err error
	if c.writer, err = render.NewClassifyWriter(w, c.format, c.head(ctx), look); err != nil {
		return err
	}
	var watch []nets.Watch
	if c.camera != nil {
		watch = append(watch, c.camera.Watch())
	}
	if c.familiar != nil {
		watch = append(watch, learn.Watch) // behind the camera's
	}
	if err := c.net.Prepare(ctx, watch...); err != nil {
		return err
	}
	compute := func(ctx context.Context, im *nets.Image) (*classified, error) {
		seen, err := c.net.Image(ctx, im, c.decoding, watch...)
		if err != nil || c.camera == nil {
			return &classified{Seen: seen}, err
		}
		maps, err := c.camera.film(ctx, im, seen)
		return &classified{seen, maps}, err
	}
	take := func(job *nets.Done[*classified]) error { return c.take(ctx, w, job.Image, job.Value, look) }
	if err := each(ctx, c.imageRun, c.net.Sessions(), compute, take, c.report); err != nil {
		return c.keep(err, c.writer.Close)
	}
	return failed(keepLines(c.writer.Close(), c.format))
}

// take shows what was made of one image.
func (c *classification) take(ctx context.Context, w io.Writer, im *nets.Image, seen *classified, look render.Look) error {
	if err := c.checkLogits(ctx, c.net, im, seen.Seen); err != nil {
		return stop(err)
	}
	result, err := c.label(im, seen.Seen)
	if err != nil {
		return err
	}
	err = c.writer.Result(result)
	if c.opts.explain && err == nil {
		err = render.WriteSteps(w, render.Steps(c.net.Preprocess, seen.Crop.Steps), look)
	}
	if c.opts.pictures != "" && err == nil {
		err = c.writePictures(ctx, im, seen.Seen)
	}
	if c.camera != nil && err == nil {
		err = c.showMaps(ctx, w, seen.filmed, look)
	}
	return stop(keepLines(errorOr(err, func() error { return flush(w) }), c.format))
}

// report shows an image that failed.
func (c *classification) report(im *nets.Image, err error) error {
	if c.sheet != nil {
		if err := c.sheet.Add(report.Card{File: c.below(im), Path: im.Name, Error: c.f.errorText(err)}); err != nil {
			return failed(err)
		}
	}
	class := string(imaging.ClassOf(err))
	row := render.Classified{File: im.Name, Err: &render.ImageError{Class: class, Message: err.Error() + c.f.hint(err)}}
	return failed(keepLines(c.writer.Result(row), c.format))
}

// head is what holds for all images.
func (c *classification) head(ctx context.Context) render.ClassifyHead {
	n := c.net.Net
	head := render.ClassifyHead{
		Arch: n.Arch.Name, Net: c.net.Words(), Preprocess: c.net.Preprocess, Top: c.top, Many: c.many,
		Source: n.Source.Name, SHA256: n.SHA256, Minimum: c.opts.minimum,
	}
	if c.many {
		head.NameWidth = c.nameWidth(ctx)
	}
	if c.familiar != nil {
		head.Familiar, head.Far = true, c.familiar.far
	}
	return head
}

// label ranks the classes of one image, and copies it where it was asked to.
func (c *classification) label(im *nets.Image, seen *nets.Seen) (render.Classified, error) {
	result := render.NewClassified(im.Name, seen.Crop.Steps.Decoded, c.net.Top(seen.Logits.Data, 0), c.top)
	best := result.Predictions[0]
	unsure := best.Probability < c.opts.minimum || math.IsNaN(best.Probability)
	result.Unsure = unsure && c.opts.minimum > 0
	if c.familiar != nil {
		result.Compare(c.familiar.known.Distance(seen.Watched[len(seen.Watched)-1].Data), c.familiar.far)
	}
	if c.opts.copyTo == "" {
		return result, nil
	}
	label := directoryName(best.Label)
	if unsure {
		label = unsureDir
	}
	return result, c.f.copyInto(c.opts.copyTo, label, im, seen.Crop.Steps.Format)
}

// flush shows what was written so far, so that results appear as they come.
func flush(w io.Writer) error {
	if b, ok := w.(interface{ Flush() error }); ok {
		return failed(b.Flush())
	}
	return nil
}
