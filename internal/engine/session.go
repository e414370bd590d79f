package engine

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/tensor"
)

// Session runs a plan: the arena and the work space of one Run at a time.
type Session struct {
	plan    *Plan
	team    *Team
	job     *job
	tasks   [][]func()      // by step: one for each part, some of which share the scratch memory of a thread
	buffers []block         // by number
	elapsed []time.Duration // by step, of the last Run
	inputs  []tensor.Tensor // lent to the event
	input   tensor.Tensor
	output  tensor.Tensor
	running atomic.Bool
}

// NewSession makes a session that computes on a team, which other sessions may share. The number of its threads changes
// no bit of any result.
func (p *Plan) NewSession(team *Team) *Session {
	s := &Session{
		plan: p, team: team, job: newJob(), elapsed: make([]time.Duration, len(p.steps)), inputs: make([]tensor.Tensor, 2),
		buffers: make([]block, len(p.buffers)),
	}
	perThread, threads := p.scratch(), team.Threads()
	all := alignedBlock(p.arena + threads*perThread)
	for i, b := range p.buffers {
		s.buffers[i] = all.part(b.offset, b.size)
	}
	scratch := make([]block, threads)
	for i := range scratch {
		scratch[i] = all.part(p.arena+i*perThread, perThread)
	}
	s.tasks = make([][]func(), len(p.steps))
	for i, one := range p.steps {
		s.tasks[i] = s.parts(one, scratch)
	}
	s.input = tensor.Tensor{Shape: p.shapes[p.graph.Input()].Clone(), Data: s.buffers[p.input].floats()}
	s.output = tensor.Tensor{Shape: p.Output(), Data: s.buffers[p.output].floats()}
	return s
}

// parts makes the tasks of a step: one for each thread, or for each thread the same number.
func (s *Session) parts(one step, scratch []block) []func() {
	m := memory{dst: s.buffers[one.dst], parts: 1, vectors: s.plan.vectors}
	for _, b := range one.src {
		m.src = append(m.src, s.buffers[b])
	}
	if one.parallel {
		share := one.op.work() / int64(len(scratch))
		m.parts = len(scratch) * int(1+share/s.plan.mostWork)
	}
	tasks := make([]func(), m.parts)
	for m.part = range m.parts {
		m.scratch = scratch[m.part%len(scratch)].part(0, one.op.scratch())
		tasks[m.part] = one.op.part(m)
	}
	return tasks
}

// Input lends the tensor that Run reads, to be filled before each Run: it saves the copy of another one. What it holds
// afterwards is undefined.
func (s *Session) Input() tensor.Tensor { return s.input }

// Run computes the network for an input of the plan's shape, which Input may be. The output is lent until the next Run.
// Between two layers, and within one that takes long, it stops where ctx is done; then, and where a hook returns an error,
// the session can be used again.
func (s *Session) Run(ctx context.Context, input tensor.Tensor) (tensor.Tensor, error) {
	if !input.Shape.Equal(s.input.Shape) || len(input.Data) != len(s.input.Data) {
		return tensor.Tensor{}, fmt.Errorf("input %v with %d values, want %v", input.Shape, len(input.Data), s.input.Shape)
	}
	end, err := s.begin()
	if err != nil {
		return tensor.Tensor{}, err
	}
	defer end()
	copy(s.input.Data, input.Data) // nothing where it is the same memory
	if _, err := s.run(ctx, 0, len(s.plan.steps), s.plan.events); err != nil {
		return tensor.Tensor{}, err
	}
	return s.output, nil
}

// begin claims the session, until end is called.
func (s *Session) begin() (end func(), err error) {
	if !s.running.CompareAndSwap(false, true) {
		return nil, errors.New("the session is running already; each goroutine needs one of its own")
	}
	s.team.enter()
	return func() {
		s.team.leave()
		s.running.Store(false)
	}, nil
}

// run computes some steps, and shows what there is to see of them. It returns the events that are left.
func (s *Session) run(ctx context.Context, from, to int, events []event) ([]event, error) {
	for i := from; i < to; i++ {
		if err := s.step(ctx, i); err != nil {
			return nil, err
		}
		for len(events) > 0 && events[0].after == i {
			if err := s.fire(&events[0]); err != nil {
				return nil, err
			}
			events = events[1:]
		}
	}
	return events, nil
}

func (s *Session) step(ctx context.Context, i int) error {
	if !s.plan.timed {
		return s.compute(ctx, s.tasks[i])
	}
	start := time.Now()
	err := s.compute(ctx, s.tasks[i])
	s.elapsed[i] = time.Since(start)
	return err
}

// compute does the tasks of a step, as many at a time as there are threads.
func (s *Session) compute(ctx context.Context, tasks []func()) error {
	for len(tasks) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(tasks), s.team.Threads())
		s.team.run(s.job, tasks[:n])
		tasks = tasks[n:]
	}
	return nil
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
	if e.gradient != none {
		shown.Gradient = s.view(e.layer.Output, e.gradient)
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
	return tensor.Tensor{Shape: shape, Data: s.buffers[buffer].floats()}
}

// name is a layer's path; the root has none.
func name(l graph.Layer) string {
	if l.Path == "" {
		return l.Class
	}
	return l.Path
}
