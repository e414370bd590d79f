package nets

import (
	"context"
	"math"
	"slices"

	"resnet/internal/hooks"
	"resnet/internal/tensor"
)

// seat is a session for one shape and some watched layers.
type seat struct {
	kind    string
	session *Session
	watched []tensor.Tensor // of the run that is on
}

func newSeat(ctx context.Context, r *Runner, kind string, input tensor.Shape, watch []Watch) (*seat, error) {
	s := &seat{kind: kind, watched: make([]tensor.Tensor, len(watch))}
	var set *hooks.Set
	if len(watch) > 0 {
		set = hooks.NewSet(r.graph.Graph)
	}
	for i, w := range watch {
		if _, err := set.Add(w.Layer, s.watch(i, w)); err != nil {
			return nil, &WatchError{err}
		}
	}
	var err error
	s.session, err = r.Session(ctx, input, set)
	return s, err
}

// watch is the hook that keeps what w asks for.
func (s *seat) watch(i int, w Watch) hooks.Hook {
	needs := hooks.Output
	if w.Input {
		needs = hooks.Input
	}
	return hooks.Func(needs, func(e hooks.Event) error {
		seen := e.Output
		if w.Input {
			seen = e.Inputs[0]
		}
		switch {
		case w.Mean:
			s.watched[i] = channelMeans(seen)
		case w.Max:
			s.watched[i] = channelMaxima(seen)
		default:
			s.watched[i] = seen.Clone()
		}
		return nil
	})
}

func (s *seat) run(ctx context.Context, write func(input []float32)) (*Output, error) {
	input := s.session.Input()
	write(input.Data)
	y, err := s.session.Run(ctx, input)
	if err != nil {
		return nil, err
	}
	return &Output{Logits: y.Clone(), Watched: slices.Clone(s.watched)}, nil
}

// channelMeans averages (batch, channels, …) over all places.
func channelMeans(t tensor.Tensor) tensor.Tensor {
	means := tensor.New(t.Shape[0], t.Shape[1])
	size := len(t.Data) / len(means.Data)
	for i := range means.Data {
		sum := 0.0
		for _, v := range t.Data[i*size : (i+1)*size] {
			sum += float64(v)
		}
		means.Data[i] = float32(sum / float64(size))
	}
	return means
}

// channelMaxima takes the largest of all places of (batch, channels, …), and what is no number where there is one.
func channelMaxima(t tensor.Tensor) tensor.Tensor {
	maxima := tensor.New(t.Shape[0], t.Shape[1])
	size := len(t.Data) / len(maxima.Data)
	for i := range maxima.Data {
		most := float32(math.Inf(-1))
		for _, v := range t.Data[i*size : (i+1)*size] {
			most = max(most, v)
		}
		maxima.Data[i] = most
	}
	return maxima
}
