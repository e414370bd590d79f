package engine

import (
	"context"
	"errors"
	"fmt"
	"math"

	"resnet/internal/graph"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// SGD and AdamW are how parameters move.
type (
	SGD   = ops.SGD
	AdamW = ops.AdamW
)

// Trainer runs the steps of a training: its parameters, their velocities and gradients live in its arena. It is for one goroutine
// at a time.
type Trainer struct {
	training *Training
	session  *Session
}

// NewTrainer makes a trainer that computes on a team. The number of its threads changes no bit of any result.
func (t *Training) NewTrainer(team *Team) *Trainer {
	return &Trainer{t, t.plan.NewSession(team)}
}

// Trained is a parameter or a running statistic of a Trainer. The slices are the trainer's own: what is written to them counts.
type Trained struct {
	graph.Param
	Values   []float32
	Velocity []float32 // like Gradient nil of running statistics, and of what is frozen; for AdamW the average of the gradients
	Squares  []float32 // for AdamW: the average of their squares
	// Gradient is what Accumulate has added up since the last Update.
	Gradient []float32
}

// Params lists parameters and running statistics in state-dict order.
func (t *Trainer) Params() []Trained {
	list := make([]Trained, len(t.training.trained))
	for i, p := range t.training.trained {
		list[i] = Trained{Param: p.Param, Values: t.floats(p.values, p.Shape)}
		if p.grad != none {
			list[i].Velocity, list[i].Gradient = t.floats(p.velocity, p.Shape), t.floats(p.grad, p.Shape)
		}
		if p.squares != none {
			list[i].Squares = t.floats(p.squares, p.Shape)
		}
	}
	return list
}

func (t *Trainer) floats(buffer int, shape tensor.Shape) []float32 {
	return t.session.buffers[buffer].floats()[:shape.Elements()]
}

// Load reads all parameters and running statistics. Velocities, and averages for AdamW, become zero.
func (t *Trainer) Load(w graph.Weights) error {
	for _, p := range t.Params() {
		if info, ok := w.Info(p.Name); !ok || !info.Shape.Equal(p.Shape) {
			return fmt.Errorf("parameter %q: shape %v, want %v", p.Name, info.Shape, p.Shape)
		}
		if err := w.Read(p.Name, p.Values); err != nil {
			return fmt.Errorf("parameter %q: %w", p.Name, err)
		}
		clear(p.Velocity)
		clear(p.Squares)
		clear(p.Gradient)
	}
	return nil
}

// Input lends the tensor of the images, Labels the class of each. Both are filled before each Accumulate.
func (t *Trainer) Input() tensor.Tensor { return t.session.input }

// Labels lends the class of each image.
func (t *Trainer) Labels() []int32 {
	return t.session.buffers[t.training.labels].ints()[:t.training.batch]
}

// Result is what a batch came to.
type Result struct {
	Loss  float64 // the mean
	Wrong int     // images whose largest logit is another class's
}

// Accumulate computes the loss of a batch, and adds the gradients of its mean to those that are there. A loss that is NaN or infinite
// is a *NotFiniteError, and moves nothing. After an error the gradients are zero.
func (t *Trainer) Accumulate(ctx context.Context) (Result, error) {
	for i, label := range t.Labels() {
		if label < 0 || int(label) >= t.training.classes {
			return Result{}, fmt.Errorf("image %d of the batch is of class %d of %d", i, label, t.training.classes)
		}
	}
	result, err := t.accumulate(ctx)
	if err != nil {
		for _, p := range t.Params() {
			clear(p.Gradient)
		}
	}
	return result, err
}

func (t *Trainer) accumulate(ctx context.Context) (Result, error) {
	s, plan := t.session, t.training
	leave, err := s.begin()
	if err != nil {
		return Result{}, err
	}
	defer leave()
	events, err := s.run(ctx, 0, plan.forward, s.plan.events)
	if err != nil {
		return Result{}, err
	}
	result := t.result()
	if math.IsNaN(result.Loss) || math.IsInf(result.Loss, 0) {
		return result, t.whereItBegan(ctx)
	}
	_, err = s.run(ctx, plan.forward, plan.backward, events)
	return result, err
}

func (t *Trainer) result() Result {
	var r Result
	losses := t.session.buffers[t.training.losses].floats()
	for i, label := range t.Labels() {
		r.Loss += float64(losses[2*i])
		if losses[2*i+1] != float32(label) {
			r.Wrong++
		}
	}
	r.Loss /= float64(t.training.batch)
	return r
}

// Update moves the parameters by the gradients, which become zero.
func (t *Trainer) Update(ctx context.Context, rate SGD) error {
	nesterov := float32(0)
	if rate.Nesterov {
		nesterov = 1
	}
	return t.move(ctx, false, map[int]float32{
		rateLearning: rate.LearningRate, rateMomentum: rate.Momentum, rateDecay: rate.WeightDecay, rateScale: rate.Scale, rateNesterov: nesterov,
	})
}

// UpdateAdamW is Update for a training that was planned with AdamW.
func (t *Trainer) UpdateAdamW(ctx context.Context, rate AdamW) error {
	return t.move(ctx, true, map[int]float32{
		rateLearning: rate.LearningRate, rateMomentum: rate.Beta1, rateSquares: rate.Beta2, rateEpsilon: rate.Epsilon, rateDecay: rate.WeightDecay,
		rateScale: rate.Scale, rateStep: float32(rate.Step),
	})
}

func (t *Trainer) move(ctx context.Context, adamW bool, rates map[int]float32) error {
	if adamW != t.training.adamW {
		panic("engine: the training was planned for another update")
	}
	s := t.session
	leave, err := s.begin()
	if err != nil {
		return err
	}
	defer leave()
	r := s.buffers[t.training.rates].floats()
	for i, v := range rates {
		r[i] = v
	}
	// All or nothing: an update that were stopped between two parameters could not go on.
	_, err = s.run(context.WithoutCancel(ctx), t.training.backward, len(s.plan.steps), nil)
	return err
}

// NotFiniteError says where values that are no finite numbers began.
type NotFiniteError struct {
	Path string // of the first parameter or layer that has them
	What string // parameter, input or output
}

func (e *NotFiniteError) Error() string {
	return fmt.Sprintf("the loss is not finite: it began with the %s of %s", e.What, e.Path)
}

// whereItBegan computes the way there again, and looks at each step.
func (t *Trainer) whereItBegan(ctx context.Context) error {
	s := t.session
	for _, p := range t.Params() {
		if !p.Buffer && !finite(p.Values) {
			return &NotFiniteError{p.Name, "parameter"}
		}
	}
	if !finite(s.input.Data) {
		return &NotFiniteError{"the batch", "input"}
	}
	for i, one := range s.plan.steps[:t.training.forward] {
		if err := s.compute(ctx, s.tasks[i]); err != nil {
			return err
		}
		if !finite(s.buffers[one.dst].floats()) {
			path := "the network"
			if len(one.calls) > 0 {
				path = name(graph.Layer{Path: s.plan.graph.Calls[one.calls[0]].Path, Class: s.plan.graph.Calls[one.calls[0]].Class})
			}
			return &NotFiniteError{path, "output"}
		}
	}
	return errors.New("the loss is not finite")
}

func finite(values []float32) bool {
	for _, v := range values {
		if v-v != 0 {
			return false
		}
	}
	return true
}
