package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"resnet/internal/evaluate"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/printable"
	"resnet/internal/render"
)

func runEval(ctx context.Context, o *evalOptions, args []string) error {
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	if err := o.images.check(); err != nil {
		return err
	}
	if err := o.checkDirectory(args); err != nil {
		return err
	}
	net, err := o.trained.predictor(ctx, o.f, &o.preprocess, o.engine, true)
	if err != nil {
		return err
	}
	defer net.Net.Close()
	defer net.Close()
	other, err := o.other(ctx, net)
	if err != nil {
		return err
	}
	if other != nil {
		defer other.Net.Close()
		defer other.Close()
	}
	e, err := newEvaluation(ctx, o, args, net, other)
	if err != nil {
		return err
	}
	if err := o.f.targets(o.output.file, o.sheet.file); err != nil { // before the work
		return err
	}
	return e.run(ctx, format)
}

// evaluation is one run: it counts the images in order as they are done.
type evaluation struct {
	opts *evalOptions
	*imageRun
	net    *nets.Predictor
	other  *nets.Predictor // nil where nothing is compared
	scores *evaluate.Scores
	paired *evaluate.Paired
}

// evaluated is what was made of one image.
type evaluated struct {
	*nets.Seen
	other *nets.Seen // nil where nothing is compared
}

func newEvaluation(ctx context.Context, o *evalOptions, args []string, net, other *nets.Predictor) (*evaluation, error) {
	o.images.recursive = true
	run := newImageRun(o.f, &o.images, args, "-")
	run.bar = o.f.newProgress(true, false)
	run.many = true
	var err error
	if run.images, err = o.labelled(ctx, run.found, args, net); err != nil {
		return nil, err
	}
	run.counted = run.images
	if o.list == "" {
		run.counted = o.f.nets().Find(args, true, nil).EachOfClass
	}
	return &evaluation{
		opts: o, imageRun: run, net: net, other: other,
		scores: evaluate.New(net.Net.Arch.Spec.NumClasses), paired: &evaluate.Paired{},
	}, nil
}

func (e *evaluation) run(ctx context.Context, format string) error {
	if err := e.net.Prepare(ctx); err != nil {
		return err
	}
	take := func(job *nets.Done[evaluated]) error { return e.take(ctx, job) }
	interrupted := each(ctx, e.imageRun, e.net.Sessions(), e.compute, take, nil)
	if interrupted != nil && (e.scores.Images == 0 || !errors.Is(interrupted, context.Canceled)) {
		return interrupted
	}
	if e.scores.Images == 0 {
		return e.sumUp("evaluated")
	}
	err := e.show(format, interrupted != nil)
	if err == nil {
		err = e.writeSheet(ctx)
	}
	if err != nil && !errors.Is(err, errPartial) {
		return err
	}
	return errors.Join(e.sumUp("evaluated"), e.sayPartial(err, e.opts.output.file))
}

func (e *evaluation) compute(ctx context.Context, im *nets.Image) (s evaluated, err error) {
	if s.Seen, err = e.net.Image(ctx, im, e.decoding); err == nil && e.other != nil {
		s.other, err = e.other.Image(ctx, im, e.decoding.Quiet())
	}
	return s, err
}

// take counts what was made of one image.
func (e *evaluation) take(ctx context.Context, job *nets.Done[evaluated]) error {
	label, err := e.net.FindClass(job.Class)
	if err != nil {
		return stop(fmt.Errorf("%s: %w", job.Name, err))
	}
	seen, logits := job.Value, job.Value.Logits.Data
	probability := labels.Softmax(logits)
	e.scores.Add(job.Name, label, probability, labels.Order(logits))
	e.opts.sheet.worst.note(job.Image, label, probability[label])
	err = e.checkLogits(ctx, e.net, job.Image, seen.Seen)
	if e.other == nil {
		return stop(err)
	}
	others := seen.other.Logits.Data
	e.paired.Add(label, predicted(logits), predicted(others))
	if labels.HasSoftmax(logits) && !labels.HasSoftmax(others) {
		err = e.addNonFinite(ctx, e.other, job.Image, seen.other, withoutProbabilities+" of "+e.opts.against)
	}
	return stop(err)
}

// show writes what was counted, with errPartial where that is not of all images.
func (e *evaluation) show(format string, partial bool) error {
	view := e.view()
	view.Partial = partial
	look := e.f.look(e.opts.output.file, format)
	return e.f.writeOutput(e.opts.output.file, func(w io.Writer) error {
		if err := render.Write(w, view, format, look); err != nil || !partial {
			return err
		}
		return errPartial
	})
}

func (e *evaluation) view() *render.Evaluation {
	net := e.net
	height, width := net.Input[2], net.Input[3]
	view := &render.Evaluation{
		Net: net.Words(), Arch: net.Net.Arch.Name, Weights: net.Net.Source.Name, Params: net.Net.Graph.ParamCount(),
		Size: [2]int{height, width}, CropShare: 1, Interpolation: string(net.Preprocess.Interpolation), Labels: net.Labels,
		Scores: e.scores, Failed: e.failed.total(),
	}
	if resize := net.Preprocess.Resize; !resize.IsZero() {
		view.CropShare = float64(height) / float64(resize.Height)
	}
	if e.other != nil {
		view.Against, view.Paired = e.other.Net.Source.Name, e.paired
	}
	return view
}

// predicted is the most probable class.
func predicted(logits []float32) int {
	if !labels.HasSoftmax(logits) {
		return evaluate.NoClass
	}
	return labels.Order(logits)[0]
}

// other are the weights to compare with; nil for none.
func (o *evalOptions) other(ctx context.Context, net *nets.Predictor) (*nets.Predictor, error) {
	if o.against == "" {
		return nil, nil
	}
	trained := o.trained
	trained.weights.name = o.against
	other, err := trained.predictor(ctx, o.f, &o.preprocess, o.engine, true)
	if err != nil {
		return nil, err
	}
	if a, b := net.Net.Arch.Spec.NumClasses, other.Net.Arch.Spec.NumClasses; a != b {
		other.Close()
		return nil, errors.Join(fmt.Errorf("%s has %d classes and %s has %d", net.Net.Source.Name, a, o.against, b), other.Net.Close())
	}
	return other, nil
}

// checkFolders wants each folder that has images to be a class, before any image is computed.
func (o *evalOptions) checkFolders(ctx context.Context, args []string, net *nets.Predictor) error {
	var errs []error
	seen := map[string]bool{"": true} // of what could not be looked for
	err := o.f.nets().Find(args, true, nil).EachOfClass(ctx, func(im *nets.Image) error {
		if seen[im.Class] {
			return nil
		}
		seen[im.Class] = true
		if _, err := net.FindClass(im.Class); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", printable.Name(filepath.Join(args[0], im.Class)), err))
		}
		return nil
	})
	if _, valid := o.f.nets().Sets(args[0]); len(errs) > 0 && valid != "" {
		return usagef("%s holds photos to train on and others: evaluate %s", printable.Name(args[0]), printable.Name(valid))
	}
	return errors.Join(append(errs, err)...)
}

// labelled walks the images with their classes: those of a list, or of a directory's folders.
func (o *evalOptions) labelled(ctx context.Context, found *nets.Finder, args []string, net *nets.Predictor) (nets.Images, error) {
	if o.list == "" {
		return found.EachOfClass, o.checkFolders(ctx, args, net)
	}
	root := filepath.Dir(o.list)
	if len(args) > 0 {
		root = args[0]
	}
	images, err := o.f.nets().ReadList(ctx, o.list, root, func(class string) error {
		_, err := net.FindClass(class)
		return err
	})
	if err == nil {
		o.f.readsImages(images)
	}
	return images, err
}
