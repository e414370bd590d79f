package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"resnet/internal/engine"
	"resnet/internal/hooks"
	"resnet/internal/imaging"
	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/random"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

// maxMemory bounds what a pass may take in bytes, so that a slip of --batch or --size is an error and no crash.
const maxMemory = 16 << 30

// run passes an input through the network and puts what the hooks saw into t.
func (o *traceOptions) run(ctx context.Context, n *nets.Net, t *render.Trace) error {
	program, input, err := o.prepare(ctx, n, t)
	if err != nil {
		return err
	}
	set, recorder := hooks.NewSet(n.Graph), hooks.NewRecorder()
	all, err := hooks.Select(n.Graph, nil)
	if err != nil {
		return err
	}
	set.AddSelected(all, recorder)
	if o.needsTime(t) {
		set.AddSelected(all, recorder.Timer())
	}
	if o.needsStats(t) {
		set.AddSelected(o.watched(t), recorder.Statistics())
	}
	var saver *hooks.Saver
	if o.save != "" {
		if saver, err = o.saver(n, t); err != nil {
			return fmt.Errorf("--save %s: %w", o.save, err)
		}
		defer saver.Abort()
		saver.Register(set)
	}

	plan, err := program.Plan(t.Input, set)
	if err != nil {
		return err
	}
	session := plan.NewSession(o.engine.threads)
	defer session.Close()
	if o.needsTime(t) && saver == nil { // a first pass is slower: it touches all memory for the first time
		if _, err := session.Run(ctx, input); err != nil {
			return err
		}
	}
	if _, err := session.Run(ctx, input); err != nil {
		return err
	}
	t.All = recorder.Records()
	t.PeakActivations = plan.Memory().Activations
	if saver == nil {
		return nil
	}
	if err := saver.Close(); err != nil {
		return fmt.Errorf("--save %s: %w", o.save, err)
	}
	return nil
}

// prepare makes what every pass of a trace starts from, if its memory is within bounds.
func (o *traceOptions) prepare(ctx context.Context, n *nets.Net, t *render.Trace) (*engine.Program, tensor.Tensor, error) {
	memory, err := engine.PlanMemory(n.Graph, t.Input)
	if err != nil {
		return nil, tensor.Tensor{}, err
	}
	if memory.Activations > maxMemory {
		return nil, tensor.Tensor{}, fmt.Errorf("an input of %v takes %s of memory, more than %s; --shapes computes nothing",
			t.Input, number.Memory(memory.Activations), number.Memory(maxMemory))
	}
	input, err := o.openInput(ctx, n, t)
	if err != nil {
		return nil, tensor.Tensor{}, err
	}
	program, err := engine.New(n.Graph, o.weightsOf(n, t), o.engine.options())
	return program, input, err
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

// weightsOf are the weights that were found for the network, or random ones.
func (o *traceOptions) weightsOf(n *nets.Net, t *render.Trace) model.Weights {
	if n.Source == nil {
		t.Weights = fmt.Sprintf("random weights, seed %d", o.seed)
		return random.Weights(n.Graph, o.seed)
	}
	t.Weights = "weights " + n.WeightsWords()
	return n.Weights
}

// openInput makes the input: noise, or a photo as the network would see it.
func (o *traceOptions) openInput(ctx context.Context, n *nets.Net, t *render.Trace) (tensor.Tensor, error) {
	if o.image == "" {
		input := tensor.New(t.Input...)
		random.Input(input.Data, o.seed)
		t.Source = "noise"
		return input, nil
	}
	if t.Input[0] != 1 || t.Input[1] != 3 {
		return tensor.Tensor{}, usagef("--image: one photo of three colours, and the input is %v", t.Input)
	}
	preprocess, err := n.Preprocess()
	if err != nil {
		return tensor.Tensor{}, err
	}
	preprocess.Crop = imaging.Size{Height: t.Input[2], Width: t.Input[3]}
	if side := min(t.Input[2], t.Input[3]); !o.input.size.IsZero() && preprocess.Resize.Width == 0 {
		own := min(n.Arch.Spec.Input[1], n.Arch.Spec.Input[2])
		preprocess.Resize.Height = preprocess.Resize.Height * side / own // as much around the crop as usual
	}
	options := imaging.Options{Warn: func(message string) { o.f.warnf("%s: %s", o.image, message) }}
	crop, err := preprocess.LoadFile(ctx, o.f.path(o.image), options)
	if err != nil {
		return tensor.Tensor{}, fmt.Errorf("%s: %w", o.image, err)
	}
	t.Source = filepath.Base(o.image)
	return preprocess.Tensor(crop.Image), nil
}

// saver writes the outputs of the layers that are shown.
func (o *traceOptions) saver(n *nets.Net, t *render.Trace) (*hooks.Saver, error) {
	selected := make([]bool, len(t.All))
	for _, e := range t.Events() {
		selected[e.Index] = true
	}
	metadata := map[string]string{"arch": n.Arch.Name, "input": t.Source, "weights": t.Weights}
	return hooks.NewSaver(o.f.path(o.save), n.Graph, t.Input, selected, metadata)
}
