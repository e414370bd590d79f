package train

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/nets"
	"resnet/internal/tensor"
)

// Tuning trains a trained network further, from a layer on. What is before that layer stays as it is, so that what the layer reads of a
// photo is computed once. It is for one goroutine at a time.
type Tuning struct {
	Tail   *graph.Graph // from the layer on
	Input  tensor.Shape // of a batch of what the layer reads
	Photos *Activations
	Class  []int // of each photo
	Mirror bool  // photos are learned from mirrored, too: each time as they are or mirrored, by chance
	Recipe Recipe
	// Factors are those of the learning rates of layers.
	Factors func(path string) engine.Factors

	Team  *engine.Team
	Exact bool
	Step  func() // after each batch; may be nil

	trainer *engine.Trainer
}

// TuningRecipe is how a network is trained further, for some epochs: in small batches, at a rate that rises and falls.
func TuningRecipe(epochs int, rate float64, seed uint64) Recipe {
	return Recipe{Epochs: epochs, Batch: 16, Accumulate: 1, Rate: rate, Decay: 0.01, NoDecayNorm: true, Schedule: OneCycleSchedule, Seed: seed}
}

// Averages of AdamW, as fastai has them.
const (
	tuneBeta1   = 0.9
	tuneBeta2   = 0.99
	tuneEpsilon = 1e-5
)

// DiscriminativeRates are those of fastai's fine_tune for the layers of a network, whose stages are at some paths: of the classifier it is
// the rate itself, of the last two stages a tenth, and of what is before them a hundredth.
func DiscriminativeRates(stages []string) func(path string) engine.Factors {
	last := stages[max(0, len(stages)-2):]
	return func(path string) engine.Factors {
		rate := float32(0.01)
		switch {
		case graph.Within(path, "fc"):
			rate = 1
		case slices.ContainsFunc(last, func(stage string) bool { return graph.Within(path, stage) }):
			rate = 0.1
		}
		return engine.Factors{LearningRate: rate, WeightDecay: 1}
	}
}

// Prepare plans the steps.
func (t *Tuning) Prepare() error {
	if err := t.Recipe.Validate(); err != nil {
		return err
	}
	plan, err := engine.PlanTraining(t.Tail, t.Input, nil, engine.TrainingOptions{
		Options: t.options(), NoDecayNorm: t.Recipe.NoDecayNorm, Frozen: t.norms(), Factors: t.Factors, AdamW: true,
	})
	if err != nil {
		return err
	}
	t.trainer = plan.NewTrainer(t.Team)
	return nil
}

// norms tells the batch norms.
func (t *Tuning) norms() func(path string) bool {
	norms := map[string]bool{}
	for _, call := range t.Tail.Calls {
		_, norm := call.Op.(graph.BatchNorm)
		norms[call.Path] = norm
	}
	return func(path string) bool { return norms[path] }
}

func (t *Tuning) options() engine.Options { return engine.Options{Exact: t.Exact} }

// Steps is how many batches are learned from of some photos.
func (t *Tuning) Steps(photos int) int { return t.Recipe.Epochs * (photos / t.Input[0]) }

// Train begins with some weights, and learns from some photos. Those that fill no batch at the end of an epoch are left for another one.
func (t *Tuning) Train(ctx context.Context, w graph.Weights, photos []int) error {
	if err := t.trainer.Load(w); err != nil {
		return err
	}
	batch := t.Input[0]
	updates := len(photos) / batch
	for epoch := range t.Recipe.Epochs {
		random := rand.New(rand.NewPCG(t.Recipe.Seed, uint64(epoch)))
		order := slices.Clone(photos)
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for u := range updates {
			for i, photo := range order[u*batch:][:batch] {
				if err := t.Photos.read(t.trainer.Input(), i, photo, t.Mirror && random.IntN(2) == 1); err != nil {
					return err
				}
				t.trainer.Labels()[i] = int32(t.Class[photo])
			}
			if err := t.step(ctx, epoch*updates+u, updates); err != nil {
				return fmt.Errorf("epoch %d, step %d: %w", epoch+1, u+1, err)
			}
		}
	}
	return nil
}

// step is one from 0, of some in an epoch.
func (t *Tuning) step(ctx context.Context, step, updates int) error {
	if _, err := t.trainer.Accumulate(ctx); err != nil {
		return err
	}
	rate := engine.AdamW{
		LearningRate: float32(t.Recipe.rate(step, updates)), Beta1: tuneBeta1, Beta2: tuneBeta2, Epsilon: tuneEpsilon,
		WeightDecay: float32(t.Recipe.Decay), Scale: 1, Step: step + 1,
	}
	if err := t.trainer.UpdateAdamW(ctx, rate); err != nil {
		return err
	}
	if t.Step != nil {
		t.Step()
	}
	return nil
}

// Values are the parameters and running statistics as they are now, by their names.
func (t *Tuning) Values() map[string][]float32 {
	values := map[string][]float32{}
	for _, p := range t.trainer.Params() {
		values[p.Name] = slices.Clone(p.Values)
	}
	return values
}

// Measured is what the network makes of a photo.
type Measured struct {
	Logits   []float32
	Features []float32 // channels of the last pool
}

// Measure computes some photos as they are, with running statistics.
func (t *Tuning) Measure(ctx context.Context, photos []int) ([]Measured, error) {
	program, err := engine.New(t.Tail, held(t.trainer.Params()), t.options())
	if err != nil {
		return nil, err
	}
	var features tensor.Tensor
	set := hooks.NewSet(t.Tail)
	if _, err := set.Add(nets.LastPool, hooks.Func(hooks.Output, func(e hooks.Event) error { features = e.Output; return nil })); err != nil {
		return nil, err
	}
	plan, err := program.Plan(ctx, t.Input, set)
	if err != nil {
		return nil, err
	}
	session := plan.NewSession(t.Team)
	var measured []Measured
	for some := range slices.Chunk(photos, t.Input[0]) {
		for i, photo := range some {
			if err := t.Photos.read(session.Input(), i, photo, false); err != nil {
				return nil, err
			}
		}
		logits, err := session.Run(ctx, session.Input())
		if err != nil {
			return nil, err
		}
		for i := range some {
			measured = append(measured, Measured{row(logits, i), row(features, i)})
		}
	}
	return measured, nil
}

// row is what a tensor has of one of a batch.
func row(t tensor.Tensor, i int) []float32 {
	n := len(t.Data) / t.Shape[0]
	return slices.Clone(t.Data[i*n:][:n])
}
