package cli

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"

	"resnet/internal/hooks"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

// run passes an input through the network and puts what the hooks saw into t.
func (o *traceOptions) run(ctx context.Context, n *nets.Net, t *render.Trace) error {
	runner, input, err := o.prepare(ctx, n, t)
	if err != nil {
		return err
	}
	defer runner.Close()
	recording := nets.Recording{Time: o.needsTime(t)}
	if o.needsStats(t) {
		recording.Stats = o.watched(t)
	}
	if o.save != "" {
		if recording.Saver, err = o.saver(n, t); err != nil {
			return fmt.Errorf("--save %s: %w", o.save, err)
		}
		defer recording.Saver.Abort()
	}
	pass, err := runner.Record(ctx, input, recording)
	if err != nil {
		return err
	}
	t.All, t.PeakActivations = pass.Events, pass.Memory
	o.answered = o.checkOutput(ctx, n, input, pass.Logits)
	if o.image != "" && n.Weights != nil && n.CheckClassifier() == nil {
		names, err := n.Labels(ctx)
		if err != nil {
			return err
		}
		t.Answer = labels.Top(pass.Logits, render.TraceAnswers, names)
	}
	if recording.Saver == nil {
		return nil
	}
	if err := recording.Saver.Close(); err != nil {
		return fmt.Errorf("--save %s: %w", o.save, err)
	}
	o.f.wrote(o.save)
	return nil
}

func (o *traceOptions) checkOutput(ctx context.Context, n *nets.Net, input tensor.Tensor, output []float32) error {
	return o.f.checkOutput(ctx, cmp.Or(o.image, "noise"), n, o.engine.seeded(o.seed), input, output)
}

// prepare makes what every pass of a trace starts from, if its memory is within bounds.
func (o *traceOptions) prepare(ctx context.Context, n *nets.Net, t *render.Trace) (*nets.Runner, tensor.Tensor, error) {
	input, err := o.openInput(ctx, n, t)
	if is[*nets.MemoryError](err) {
		err = fmt.Errorf("%w; --shapes computes nothing", err)
	}
	if err != nil {
		return nil, tensor.Tensor{}, err
	}
	runner, err := n.Runner(o.engine.seeded(o.seed))
	if err != nil {
		return nil, tensor.Tensor{}, err
	}
	t.Weights = runner.Weights
	return runner, input, nil
}

func (o *traceOptions) needsTime(t *render.Trace) bool { return o.time || render.NeedsTime(t.Columns) }
func (o *traceOptions) needsStats(t *render.Trace) bool {
	return o.stats || render.NeedsStats(t.Columns)
}

// watched are the events whose values are shown: what a row of a table puts out, or every event that is shown.
func (o *traceOptions) watched(t *render.Trace) []bool {
	watched := make([]bool, len(t.All))
	if o.isTable {
		for _, i := range t.Outputs() {
			watched[i] = true
		}
		return watched
	}
	for _, e := range t.Events() {
		watched[e.Index] = true
	}
	return watched
}

// openInput makes the input: noise, or a photo as the network would see it.
func (o *traceOptions) openInput(ctx context.Context, n *nets.Net, t *render.Trace) (tensor.Tensor, error) {
	if o.image == "" {
		t.Source = "noise"
		return n.Noise(ctx, t.Input, o.seed)
	}
	t.Source = filepath.Base(o.image)
	t.Assumed = n.AssumedPixels()
	return o.f.photo(ctx, n, o.image, t.Input, o.input.size)
}

// photo is an image file as the network would see it at an input shape; size is what the user asked for, if anything.
func (f *factory) photo(ctx context.Context, n *nets.Net, file string, input tensor.Shape, size sizeFlag) (tensor.Tensor, error) {
	preprocess, crop, err := f.crop(ctx, n, file, input, size)
	if err != nil {
		return tensor.Tensor{}, err
	}
	return preprocess.Tensor(crop.Image), nil
}

// crop is what photo makes the input of.
func (f *factory) crop(
	ctx context.Context, n *nets.Net, file string, input tensor.Shape, size sizeFlag,
) (imaging.Preprocess, *imaging.Crop, error) {
	if input[0] != 1 {
		return imaging.Preprocess{}, nil, usagef("--image: one photo, and the input is %v", input)
	}
	preprocess, err := n.PreprocessAt(input[2], input[3], !size.IsZero())
	if err != nil {
		return preprocess, nil, err
	}
	if err := n.CheckMemory(input); err != nil {
		return preprocess, nil, err
	}
	f.reads(f.path(file))
	decoding := nets.Decoding{Warn: f.warnImage}
	crop, err := decoding.Load(ctx, &nets.Image{Name: file, Path: f.path(file)}, preprocess)
	if err != nil {
		return preprocess, nil, fmt.Errorf("%s: %w", file, err)
	}
	return preprocess, crop, nil
}

// warnImage says what is odd about an image.
func (f *factory) warnImage(name, message string) { f.warnf("%s: %s", name, message) }

// saver writes the outputs of the layers that are shown.
func (o *traceOptions) saver(n *nets.Net, t *render.Trace) (*hooks.Saver, error) {
	selected := make([]bool, len(t.All))
	for _, e := range t.Events() {
		selected[e.Index] = true
	}
	metadata := map[string]string{"arch": n.Arch.Name, "input": t.Source, "weights": t.Weights}
	path, err := o.f.targetFile(o.save)
	if err != nil {
		return nil, err
	}
	return hooks.NewSaver(path, n.Graph.Graph, t.Input, selected, metadata)
}
