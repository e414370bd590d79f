package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"resnet/internal/anatomy"
	"resnet/internal/cam"
	"resnet/internal/draw"
	"resnet/internal/engine"
	"resnet/internal/hooks"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/report"
	"resnet/internal/tensor"
)

// report is what is to be shown of a network.
func (o *reportOptions) report(ctx context.Context, n *nets.Net) (*report.Report, error) {
	input, err := (&shapeFlags{batch: 1, size: o.size}).shape(n)
	if err != nil {
		return nil, err
	}
	layers, err := n.Graph.Layers(input)
	if err != nil {
		return nil, err
	}
	r := &report.Report{
		Trace:   &render.Trace{Pass: *shapesOf(n, input, layers), Rows: "layers", Columns: render.InitialColumns("layers", layers)},
		Program: madeBy(),
	}
	if r.Kernels, err = kernels(n); err != nil {
		return nil, err
	}
	if o.image == "" {
		memory, err := engine.PlanMemory(n.Graph.Graph, input)
		if err != nil {
			return nil, err
		}
		r.Trace.PeakActivations = memory.Activations
	}
	if o.image != "" || o.time {
		if err := o.pass(ctx, n, r); err != nil {
			return nil, err
		}
	}
	paths := anatomy.PathsOf(n.Graph)
	view := &render.Anatomy{Pass: r.Trace.Pass, Fields: anatomy.Fields(n.Graph.Graph), Paths: &paths}
	if r.Anatomy != nil {
		view.Blocks, view.Stem = r.Anatomy.Blocks, r.Anatomy.Stem
	}
	r.Anatomy = view
	return r, nil
}

// pass passes the photo through the network, or noise where there is none, for the times alone.
func (o *reportOptions) pass(ctx context.Context, n *nets.Net, r *report.Report) error {
	t := r.Trace
	input, err := o.input(ctx, n, r)
	if is[*nets.MemoryError](err) {
		err = fmt.Errorf("%w; without --image and --time nothing is computed", err)
	}
	if err != nil {
		return err
	}
	runner, err := n.Runner(o.engine.seeded(o.seed))
	if err != nil {
		return err
	}
	defer runner.Close()
	t.Weights = runner.Weights
	if o.time {
		timed, err := runner.Record(ctx, input, nets.Recording{Time: true})
		if err != nil {
			return err
		}
		t.Columns, t.All = append(t.Columns, "time"), timed.Events
	}
	if o.image == "" {
		return nil
	}
	return o.film(ctx, n, r, runner, input)
}

// input is the photo as the network sees it, or noise.
func (o *reportOptions) input(ctx context.Context, n *nets.Net, r *report.Report) (tensor.Tensor, error) {
	t := r.Trace
	if o.image == "" {
		t.Source = "noise"
		return n.Noise(ctx, t.Input, o.seed)
	}
	t.Source, t.Assumed = filepath.Base(o.image), n.AssumedPixels()
	preprocess, crop, err := o.f.crop(ctx, n, o.image, t.Input, o.size)
	if err != nil {
		return tensor.Tensor{}, err
	}
	photo := &nets.Image{Name: o.image, Path: o.f.path(o.image)}
	whole, err := (nets.Decoding{}).Load(ctx, photo, draw.Thumbnail(crop.Steps.Decoded, report.Side))
	if err != nil {
		return tensor.Tensor{}, fmt.Errorf("%s: %w", o.image, err)
	}
	r.Photo = &report.Photo{Name: t.Source, Whole: whole.Image, Crop: crop, Preprocess: preprocess}
	return preprocess.Tensor(crop.Image), nil
}

// film passes the photo through the network under the eyes of all hooks.
func (o *reportOptions) film(ctx context.Context, n *nets.Net, r *report.Report, runner *nets.Runner, input tensor.Tensor) error {
	t, set, recorder := r.Trace, hooks.NewSet(n.Graph.Graph), hooks.NewRecorder()
	outputs := make([]bool, len(t.All))
	for _, i := range t.Outputs() {
		outputs[i] = true
	}
	set.AddSelected(outputs, recorder.Statistics())
	measured := anatomy.Watch(set, n.Graph)
	streams := anatomy.StreamsOf(set, n.Graph, anatomy.Strongest(o.channels), nil)
	answers, err := watchAnswers(n, set, r.Photo)
	if err != nil {
		return err
	}
	session, err := runner.Session(ctx, input.Shape, set)
	if err != nil {
		return err
	}
	logits, err := session.Logits(ctx, input)
	if err != nil {
		return err
	}
	t.Columns = append(t.Columns, render.StatColumns...)
	for _, record := range recorder.Records() {
		t.All[record.Index].Stats = record.Stats
	}
	t.PeakActivations = session.Plan.Memory().Activations
	r.Anatomy = &render.Anatomy{Blocks: measured.Blocks, Stem: measured.Stem}
	r.Streams = *streams
	if n.Weights == nil {
		set, builtin := n.Set()
		r.Random = report.Random(runner.Weights, set, builtin)
	}
	if err := answers.add(ctx, n, logits, r.Photo); err != nil {
		return err
	}
	o.answered = o.f.checkOutput(ctx, o.image, n, o.engine.seeded(o.seed), input, logits)
	return nil
}

// answers are the classes that trained weights see, and what it takes to say where.
type answers struct {
	none bool          // there are no classes
	head *cam.Head     // nil: there are no maps
	last tensor.Tensor // the map before the head, once there was a pass
}

// watchAnswers puts a hook on the last map of a network that tells classes.
func watchAnswers(n *nets.Net, set *hooks.Set, photo *report.Photo) (*answers, error) {
	a := &answers{none: n.Weights == nil || n.CheckClassifier() != nil}
	if a.none {
		return a, nil
	}
	var err error
	if a.head, err = cam.FindHead(n.Graph.Graph, n.Weights); err != nil {
		photo.Notes = append(photo.Notes, err.Error())
		return a, nil
	}
	_, err = set.Add("="+a.head.Pool, hooks.Func(hooks.Input, func(e hooks.Event) error {
		a.last = e.Inputs[0].Clone()
		return nil
	}))
	return a, err
}

// add gives a photo its five most probable labels.
func (a *answers) add(ctx context.Context, n *nets.Net, logits []float32, photo *report.Photo) error {
	if a.none {
		return nil
	}
	names, err := n.Labels(ctx)
	if err != nil {
		return err
	}
	for _, p := range labels.Top(logits, 5, names) {
		answer := report.Answer{Prediction: p}
		if a.head != nil {
			m := a.head.Map(a.last, p.Index)
			answer.Map = &m
		}
		photo.Answers = append(photo.Answers, answer)
	}
	if a.head != nil {
		photo.Notes = append(photo.Notes, report.MapNote(a.last.Shape, a.head))
	}
	return nil
}

// kernels are those of the first convolution of trained weights.
func kernels(n *nets.Net) (*report.Kernels, error) {
	if n.Weights == nil {
		return nil, nil
	}
	p, err := n.Preprocess()
	if err != nil {
		return nil, nil // of another number of channels, which no picture shows
	}
	return report.ReadKernels(n.Graph.Graph, n.Weights, p.Order)
}

// madeBy is the line at a page's foot.
func madeBy() string { return "Made by resnet " + buildVersion() + "." }
