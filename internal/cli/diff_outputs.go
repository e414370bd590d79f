package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"resnet/internal/bind"
	"resnet/internal/hooks"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

// outputs shows both networks one image, prepared as the first one wants it, and compares what the rows put out.
func (o *diffOptions) outputs(ctx context.Context, a, b *nets.Net, view *render.Diff, w *render.DiffWeights, rows []*diffRow) error {
	input, err := o.f.photo(ctx, a, o.image, view.A.Input, o.size)
	if err != nil {
		return err
	}
	w.Image = filepath.Base(o.image)

	pairs, err := pairRows(a.Graph, b.Graph, input.Shape, rows)
	if err != nil {
		return err
	}
	m := newMeeting(pairs)
	group, both := errgroup.WithContext(ctx)
	var logitsA, logitsB []float32
	group.Go(func() (err error) {
		logitsA, err = watch(both, a, input, pairs.selectedA, m.show(both))
		return err
	})
	group.Go(func() (err error) {
		logitsB, err = watch(both, b, input, pairs.selectedB, m.compare(both))
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if w.TopA, err = o.answer(ctx, a, input, logitsA); err != nil {
		return err
	}
	w.TopB, err = o.answer(ctx, b, input, logitsB)
	return err
}

// watch passes an image through a network with a hook.
func watch(ctx context.Context, n *nets.Net, input tensor.Tensor, selected []bool, h hooks.Hook) ([]float32, error) {
	runner, err := n.Runner(nets.Compute{})
	if err != nil {
		return nil, err
	}
	defer runner.Close()
	set := hooks.NewSet(n.Graph.Graph)
	set.AddSelected(selected, h)
	session, err := runner.Session(ctx, input.Shape, set)
	if err != nil {
		return nil, err
	}
	return session.Logits(ctx, input)
}

// answer is the class that a network sees in the image, in words; "" of a network without a classifier.
func (o *diffOptions) answer(ctx context.Context, n *nets.Net, input tensor.Tensor, logits []float32) (string, error) {
	if err := o.f.checkOutput(ctx, n.WeightsWords(), n, nets.Compute{}, input, logits); err != nil {
		o.answered = err
	}
	if n.CheckClassifier() != nil {
		return "", nil
	}
	names, err := n.Labels(ctx)
	if err != nil {
		return "", err
	}
	best := labels.Top(logits, 1, names)[0]
	return fmt.Sprintf("%s %.1f %%", best.Label, 100*best.Probability), nil
}

// rowPairs are the rows that two networks have both, with outputs of one shape, in the order of both.
type rowPairs struct {
	rows                 []*diffRow
	selectedA, selectedB []bool // calls
}

func pairRows(a, b *model.Graph, input tensor.Shape, rows []*diffRow) (*rowPairs, error) {
	shapesA, err := a.Shapes(input)
	if err != nil {
		return nil, err
	}
	shapesB, err := b.Shapes(input)
	if err != nil {
		return nil, err
	}
	of := map[string]*diffRow{}
	for _, r := range diffRows(b) {
		of[r.Path] = r
	}
	pairs := &rowPairs{selectedA: make([]bool, len(a.Calls)), selectedB: make([]bool, len(b.Calls))}
	last := -1
	for _, r := range rows {
		other, ok := of[r.Path]
		if !ok || other.output <= last || !shapesA[a.Calls[r.output].Output].Equal(shapesB[b.Calls[other.output].Output]) {
			continue
		}
		last = other.output
		pairs.rows = append(pairs.rows, r)
		pairs.selectedA[r.output], pairs.selectedB[other.output] = true, true
	}
	return pairs, nil
}

// meeting brings the outputs of two passes together, pair by pair: the first one waits until its output was compared.
type meeting struct {
	pairs   *rowPairs
	outputs chan []float32
	seen    chan struct{}
}

func newMeeting(pairs *rowPairs) *meeting {
	return &meeting{pairs: pairs, outputs: make(chan []float32), seen: make(chan struct{})}
}

// show is the hook of the first pass.
func (m *meeting) show(ctx context.Context) hooks.Hook {
	return hooks.Func(hooks.Output, func(e hooks.Event) error {
		select {
		case m.outputs <- e.Output.Data:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case <-m.seen:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// compare is the hook of the second one.
func (m *meeting) compare(ctx context.Context) hooks.Hook {
	next := 0
	return hooks.Func(hooks.Output, func(e hooks.Event) error {
		select {
		case a := <-m.outputs:
			d := bind.Distance(a, e.Output.Data)
			m.pairs.rows[next].Output = &d
			next++
		case <-ctx.Done():
			return ctx.Err()
		}
		m.seen <- struct{}{}
		return nil
	})
}
