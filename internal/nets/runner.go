package nets

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"resnet/internal/engine"
	"resnet/internal/hooks"
	"resnet/internal/isa"
	"resnet/internal/model"
	"resnet/internal/number"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// Compute says how a network is computed. The zero value is the fastest on all cores.
type Compute struct {
	Threads int          // 0: as many as there are cores
	Team    *engine.Team // computes, and may compute for others too; nil: one of Threads threads
	Exact   bool         // without the kernels that trade accuracy for speed
	Seed    uint64       // of random weights, for a Runner of a network without its own
	// Precision of the products: Float32, Int8; "": as the weights are.
	Precision string
	Kernels   *isa.Level // of the instructions that are used; nil: isa.Allowed
}

// Runner computes a network, for inputs of any shape and with any hooks. Weights are packed once, when a session first
// needs them. It may be used by several goroutines, whose sessions share a team of threads. The caller closes it.
type Runner struct {
	Weights   string // where they come from, in words
	Precision string // of the products: Float32 or Int8

	graph   *model.Graph
	program *engine.Program
	team    *engine.Team
	own     bool // nobody else closes the team
}

// Runner makes a runner of the network's weights, or of random ones where it has none.
func (n *Net) Runner(c Compute) (*Runner, error) {
	values, words := n.Weights, ""
	if values == nil {
		values, words = random.Weights(n.Graph.Graph, c.Seed), fmt.Sprintf("random weights, seed %d", c.Seed)
	} else {
		words = "weights " + n.WeightsWords()
	}
	options := engine.Options{Exact: c.Exact, Kernels: c.Kernels}
	precision := Float32
	var err error
	if options.Int8, err = n.int8Layers(c.Precision); err != nil {
		return nil, err
	}
	if options.Int8 != nil {
		words, precision = words+", int8", Int8
	}
	program, err := engine.New(n.Graph.Graph, values, options)
	if err != nil {
		return nil, err
	}
	r := &Runner{Weights: words, Precision: precision, graph: n.Graph, program: program, team: c.Team}
	if r.team == nil {
		r.team, r.own = engine.NewTeam(c.Threads), true
	}
	return r, nil
}

// Close ends the threads that the runner has of its own.
func (r *Runner) Close() {
	if r.own {
		r.team.Close()
	}
}

// Session computes one pass at a time, of one input shape and with the hooks that it was made with.
type Session struct {
	*engine.Session
	Plan *engine.Plan
}

// Session packs weights until ctx is done, and makes a session; set, of hooks on the network's graph, may be nil. Its feature maps are a *MemoryError where they
// would take more than MaxMemory.
func (r *Runner) Session(ctx context.Context, input tensor.Shape, set *hooks.Set) (*Session, error) {
	plan, err := r.program.Plan(ctx, input, set)
	return r.session(input, plan, err)
}

// SessionWithout makes a session of the network without the residual branches of some blocks.
func (r *Runner) SessionWithout(ctx context.Context, input tensor.Shape, blocks ...string) (*Session, error) {
	cut, err := r.graph.Without(blocks...)
	if err != nil {
		return nil, err
	}
	plan, err := r.program.PlanOf(ctx, cut.Graph, input)
	return r.session(input, plan, err)
}

func (r *Runner) session(input tensor.Shape, plan *engine.Plan, err error) (*Session, error) {
	if err != nil {
		return nil, err
	}
	if err := checkMemory(plan.Memory().Activations, input); err != nil {
		return nil, err
	}
	return &Session{plan.NewSession(r.team), plan}, nil
}

// Logits makes a pass and copies what comes out, (batch, classes).
func (s *Session) Logits(ctx context.Context, input tensor.Tensor) ([]float32, error) {
	y, err := s.Run(ctx, input)
	if err != nil {
		return nil, err
	}
	return slices.Clone(y.Data), nil
}

// MaxMemory bounds what the feature maps of a pass may take in bytes, so that a slip of a batch or a size is an error and
// no crash.
const MaxMemory = 16 << 30

// MemoryError is an input, or several at the same time, whose feature maps would take too much memory.
type MemoryError struct {
	Inputs []tensor.Shape
	Bytes  int64
}

func (e *MemoryError) Error() string {
	what := fmt.Sprintf("an input of %v takes", e.Inputs[0])
	if len(e.Inputs) > 1 {
		words := make([]string, len(e.Inputs))
		for i, input := range e.Inputs {
			words[i] = input.String()
		}
		what = fmt.Sprintf("inputs of %s take together", strings.Join(words, ", "))
	}
	return fmt.Sprintf("%s %s of memory, more than %s", what, number.Memory(e.Bytes), number.Memory(MaxMemory))
}

// CheckMemory is a *MemoryError for inputs that are too large to be computed with sessions that exist at the same time: it
// stands before whatever is allocated for one.
func (n *Net) CheckMemory(inputs ...tensor.Shape) error {
	total := int64(0)
	for _, input := range inputs {
		memory, err := engine.PlanMemory(n.Graph.Graph, input)
		if err != nil {
			return err
		}
		total += memory.Activations
	}
	return checkMemory(total, inputs...)
}

func checkMemory(activations int64, inputs ...tensor.Shape) error {
	if activations > MaxMemory {
		return &MemoryError{inputs, activations}
	}
	return nil
}

// Noise is an input of random values, or the error of CheckMemory.
func (n *Net) Noise(ctx context.Context, input tensor.Shape, seed uint64) (tensor.Tensor, error) {
	if err := n.CheckMemory(input); err != nil {
		return tensor.Tensor{}, err
	}
	x := tensor.New(input...)
	return x, random.Input(ctx, x.Data, seed)
}
