package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/tensor"
)

// Session runs a plan. It holds the arena, the work space and the goroutines of one Run at a time.
type Session struct {
	plan    *Plan
	team    *team
	tasks   [][]func()      // by step: one for each part
	buffers [][]float32     // by number
	elapsed []time.Duration // by step, of the last Run
	inputs  []tensor.Tensor // lent to the event
	output  tensor.Tensor
	running atomic.Bool
	closed  atomic.Bool
	cleanup runtime.Cleanup
}

// NewSession makes a session of some threads, the caller's included; 0 is as many as there are cores for the process.
// The number changes no bit of any result.
func (p *Plan) NewSession(threads int) *Session {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	s := &Session{plan: p, team: newTeam(threads), elapsed: make([]time.Duration, len(p.steps)), inputs: make([]tensor.Tensor, 2)}
	perThread := p.scratch()
	block := alignedFloats(p.arena + threads*perThread)
	s.buffers = make([][]float32, len(p.buffers))
	for i, b := range p.buffers {
		s.buffers[i] = block[b.offset:][:b.size:b.size]
	}
	scratch := make([][]float32, threads)
	for i := range scratch {
		scratch[i] = block[p.arena+i*perThread:][:perThread:perThread]
	}
	s.tasks = make([][]func(), len(p.steps))
	for i, one := range p.steps {
		s.tasks[i] = s.parts(one, scratch)
	}
	s.output = tensor.Tensor{Shape: p.Output(), Data: s.buffers[p.output]}
	s.cleanup = runtime.AddCleanup(s, (*team).close, s.team)
	return s
}

// parts makes the tasks of a step.
func (s *Session) parts(one step, scratch [][]float32) []func() {
	m := memory{dst: s.buffers[one.dst], parts: 1}
	for _, b := range one.src {
		m.src = append(m.src, s.buffers[b])
	}
	if one.parallel {
		m.parts = len(scratch)
	}
	tasks := make([]func(), m.parts)
	for m.part = range m.parts {
		m.scratch = scratch[m.part][:one.op.scratch()]
		tasks[m.part] = one.op.part(m)
	}
	return tasks
}

// Close ends the session's goroutines; no Run may be on. A session that nobody closes is closed when it is collected.
func (s *Session) Close() {
	if s.closed.CompareAndSwap(false, true) {
		s.cleanup.Stop()
		s.team.close()
	}
}

// Run computes the network for an input of the plan's shape. The output is lent until the next Run. Between two layers it
// stops where ctx is done; then, and where a hook returns an error, the session can be used again.
func (s *Session) Run(ctx context.Context, input tensor.Tensor) (tensor.Tensor, error) {
	if want := s.plan.shapes[s.plan.graph.Input()]; !input.Shape.Equal(want) || len(input.Data) != want.Elements() {
		return tensor.Tensor{}, fmt.Errorf("input %v with %d values, want %v", input.Shape, len(input.Data), want)
	}
	if s.closed.Load() {
		return tensor.Tensor{}, errors.New("the session is closed")
	}
	if !s.running.CompareAndSwap(false, true) {
		return tensor.Tensor{}, errors.New("the session is running already; each goroutine needs one of its own")
	}
	defer s.running.Store(false)
	copy(s.buffers[s.plan.input], input.Data)
	events := s.plan.events
	for i := range s.plan.steps {
		if err := ctx.Err(); err != nil {
			return tensor.Tensor{}, err
		}
		s.step(i)
		for len(events) > 0 && events[0].after == i {
			if err := s.fire(&events[0]); err != nil {
				return tensor.Tensor{}, err
			}
			events = events[1:]
		}
	}
	return s.output, nil
}

func (s *Session) step(i int) {
	if !s.plan.timed {
		s.team.run(s.tasks[i])
		return
	}
	start := time.Now()
	s.team.run(s.tasks[i])
	s.elapsed[i] = time.Since(start)
}

// Elapsed is the time of each of Plan.Steps in the last Run, of a plan with a hook that needs the time. It is lent until
// the next Run.
func (s *Session) Elapsed() []time.Duration { return s.elapsed }

// fire shows an event to the hooks on its call.
func (s *Session) fire(e *event) error {
	shown := hooks.Event{Layer: e.layer, Inputs: s.inputs[:len(e.inputs)], Output: s.view(e.layer.Output, e.output), FusedInto: e.fusedInto}
	for i, b := range e.inputs {
		shown.Inputs[i] = s.view(e.layer.Inputs[i], b)
	}
	for _, i := range e.steps {
		shown.Time += s.elapsed[i]
	}
	if err := e.watchers.After(shown); err != nil {
		return fmt.Errorf("hook on %s: %w", name(e.layer), err)
	}
	return nil
}

// view is a tensor with the data of a buffer, or without any.
func (s *Session) view(shape tensor.Shape, buffer int) tensor.Tensor {
	if buffer == none {
		return tensor.Tensor{Shape: shape}
	}
	return tensor.Tensor{Shape: shape, Data: s.buffers[buffer]}
}

// name is a layer's path; the root has none.
func name(l graph.Layer) string {
	if l.Path == "" {
		return l.Class
	}
	return l.Path
}
