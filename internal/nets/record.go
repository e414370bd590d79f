package nets

import (
	"context"

	"resnet/internal/hooks"
	"resnet/internal/tensor"
)

// Recording says what is kept of a pass beside what is known of each of its events. The zero value keeps no more.
type Recording struct {
	Stats []bool       // by index of the event: whether the statistics of its output are; nil: of none
	Time  bool         // of each step; the pass is made twice unless it is saved, as the first touches all memory
	Saver *hooks.Saver // writes outputs; nil: nothing is written
}

// Recorded is a pass as its hooks saw it.
type Recorded struct {
	Events []hooks.Record // all, in order
	Logits []float32      // (batch, classes)
	Memory int64          // of the feature maps, in bytes
}

// Record passes an input through the network, and keeps what the hooks see.
func (r *Runner) Record(ctx context.Context, input tensor.Tensor, what Recording) (*Recorded, error) {
	set, recorder := hooks.NewSet(r.graph.Graph), hooks.NewRecorder()
	all, err := hooks.Select(r.graph.Graph, nil)
	if err != nil {
		return nil, err
	}
	set.AddSelected(all, recorder)
	if what.Time {
		set.AddSelected(all, recorder.Timer())
	}
	if what.Stats != nil {
		set.AddSelected(what.Stats, recorder.Statistics())
	}
	if what.Saver != nil {
		what.Saver.Register(set)
	}
	session, err := r.Session(ctx, input.Shape, set)
	if err != nil {
		return nil, err
	}
	if what.Time && what.Saver == nil {
		if _, err := session.Run(ctx, input); err != nil {
			return nil, err
		}
	}
	logits, err := session.Logits(ctx, input)
	if err != nil {
		return nil, err
	}
	return &Recorded{Events: recorder.Records(), Logits: logits, Memory: session.Plan.Memory().Activations}, nil
}
