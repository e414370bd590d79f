package train

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/isa"
	"resnet/internal/nets"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// The files of a run.
const (
	MetricsFile    = "metrics.csv"
	GradientsFile  = "gradients.csv"
	CheckpointFile = "checkpoint.safetensors"
	BestFile       = "best.safetensors"
)

// Run is one training: a network, photos, a recipe, and the folder that it is kept in.
type Run struct {
	Net    *nets.Untrained
	Data   *Data
	Recipe Recipe
	Dir    string
	Team   *engine.Team
	Exact  bool
	Init   graph.Weights // that the training starts from; nil: random ones
	// NewClassifier makes a classifier begin at random all the same: that of Init is of other classes.
	NewClassifier bool

	Notice func(text string) // of what a user should know; may be nil
	Batch  func(Status)      // after each batch; may be nil
	First  func() error      // before the first epoch is kept, which an error prevents; may be nil
	Epoch  func(Epoch)       // after each epoch, once it is kept; may be nil

	trainer  *engine.Trainer
	batches  *batches
	progress Progress
	metrics  [][]string
	stats    [][]string // of gradients
}

// Status is how far an epoch is.
type Status struct {
	Epoch, Batch, Batches int     // Epoch from 1
	Loss, Error           float64 // over the epoch so far
	PerSecond             float64
}

// updates is the number of steps in an epoch. Photos that fill no batch are left for another epoch, which has another order.
func (r *Run) updates() int { return len(r.Data.Train) / (r.Recipe.Batch * r.Recipe.Accumulate) }

// Train trains to the end of the last epoch, from the last one that is kept.
func (r *Run) Train(ctx context.Context) (Progress, error) {
	if r.trainer == nil {
		if err := r.Prepare(); err != nil {
			return r.progress, err
		}
	}
	for r.progress.Epoch < r.Recipe.Epochs {
		if err := r.epoch(ctx, r.progress.Epoch); err != nil {
			return r.progress, err
		}
	}
	return r.progress, nil
}

// Prepare plans the steps, and goes on where a run has stopped. It writes nothing: what can't be trained is told before there is
// a folder.
func (r *Run) Prepare() error {
	if err := r.Recipe.Validate(); err != nil {
		return err
	}
	if r.updates() == 0 {
		return fmt.Errorf("%d photos to learn from are less than a step of %d: give a smaller batch", len(r.Data.Train), r.Recipe.Batch*r.Recipe.Accumulate)
	}
	shape := r.Net.Graph.InputShape(r.Recipe.Batch)
	r.batches = newBatches(r.Data, r.Net.Preprocess, shape[2], shape[3], r.Recipe.Pad)
	if r.Data.Side+2*r.Recipe.Pad < max(shape[2], shape[3]) {
		return fmt.Errorf("photos of %d×%d with a pad of %d are smaller than the input of %d×%d", r.Data.Side, r.Data.Side, r.Recipe.Pad, shape[2], shape[3])
	}
	frozen, err := r.frozen()
	if err != nil {
		return err
	}
	plan, err := engine.PlanTraining(r.Net.Graph.Graph, shape, nil, engine.TrainingOptions{
		Options: r.options(), Smoothing: r.Recipe.Smoothing, NoDecayNorm: r.Recipe.NoDecayNorm, Frozen: frozen,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", r.Net.Arch.Name, err)
	}
	r.trainer = plan.NewTrainer(r.Team)
	return r.start(frozen)
}

// Epochs are those that are kept.
func (r *Run) Epochs() ([]Epoch, error) {
	return parseMetrics(filepath.Join(r.Dir, MetricsFile), r.metrics)
}

// frozen tells the layers that the recipe's patterns name, with what is below them.
func (r *Run) frozen() (func(path string) bool, error) {
	if r.Recipe.Freeze == "" {
		return nil, nil
	}
	selected, err := hooks.Select(r.Net.Graph.Graph, strings.Split(r.Recipe.Freeze, ","))
	if err != nil {
		return nil, err
	}
	paths := map[string]bool{}
	for i, call := range r.Net.Graph.Calls {
		paths[call.Path] = paths[call.Path] || selected[i]
	}
	for _, path := range r.Net.Arch.Spec.ClassifierPaths() {
		if paths[path] && r.NewClassifier {
			return nil, fmt.Errorf("freeze: the classifier, %s, begins at random, as the classes are others, and would stay so: name layers before it", path)
		}
	}
	return func(path string) bool { return paths[path] }, nil
}

// first are the weights that a training starts from.
func (r *Run) first() graph.Weights {
	own := random.Weights(r.Net.Graph.Graph, r.Recipe.Seed)
	if r.Init == nil {
		return own
	}
	first := started{Weights: own, from: r.Init}
	if r.NewClassifier {
		first.random = r.Net.Arch.Spec.ClassifierPaths()
	}
	return first
}

// started are first weights with those of a file in their place, but for some layers.
type started struct {
	graph.Weights
	from   graph.Weights
	random []string // paths of those layers
}

func (s started) Read(name string, dst []float32) error {
	if path := name[:strings.LastIndexByte(name, '.')]; slices.Contains(s.random, path) {
		return s.Weights.Read(name, dst)
	}
	return s.from.Read(name, dst)
}

func (r *Run) options() engine.Options { return engine.Options{Exact: r.Exact} }

// start reads the checkpoint, or makes the first weights.
func (r *Run) start(frozen func(path string) bool) error {
	fresh := Progress{Net: r.Net.Arch.Name, Recipe: r.Recipe, Data: r.Data.Digest, Kernels: isa.Allowed().String(), Exact: r.Exact, BestError: 1}
	kept, ok, err := restore(filepath.Join(r.Dir, CheckpointFile), r.trainer)
	if err != nil {
		return err
	}
	if !ok {
		r.progress = fresh
		if err := r.trainer.Load(r.first()); err != nil || r.Init == nil || r.Notice == nil {
			return err
		}
		if text := r.withoutStatistics(frozen); text != "" {
			r.Notice(text)
		}
		return nil
	}
	switch {
	case kept.Net != fresh.Net:
		return fmt.Errorf("the checkpoint is of %s, not of %s", kept.Net, fresh.Net)
	case kept.Recipe != fresh.Recipe || kept.Exact != fresh.Exact:
		return errors.New("the checkpoint was trained by another recipe than the run's configuration has: undo the change, or begin a new run")
	case kept.Data != fresh.Data:
		return errors.New("the photos are not those that the checkpoint was trained on: bring them back, or begin a new run")
	case kept.Kernels != fresh.Kernels && kept.Epoch < r.Recipe.Epochs:
		if r.Notice != nil {
			r.Notice(fmt.Sprintf("the run was begun with the kernels of %s and goes on with those of %s: its bits will differ from those of one that was not interrupted", kept.Kernels, fresh.Kernels))
		}
		kept.Before = append(kept.Before, fmt.Sprintf("%s to epoch %d", kept.Kernels, kept.Epoch))
		kept.Kernels = fresh.Kernels
	}
	r.progress = kept
	if r.metrics, err = readTable(filepath.Join(r.Dir, MetricsFile), metricsColumns); err != nil {
		return err
	}
	if r.stats, err = readTable(filepath.Join(r.Dir, GradientsFile), gradientColumns); err != nil {
		return err
	}
	r.metrics, r.stats = upTo(r.metrics, kept.Epoch), upTo(r.stats, kept.Epoch)
	return errors.Join(
		checkEpochs(filepath.Join(r.Dir, MetricsFile), r.metrics, kept.Epoch, 1),
		checkEpochs(filepath.Join(r.Dir, GradientsFile), r.stats, kept.Epoch, len(gradientRows(0, r.trainer.Params()))),
	)
}

// epoch trains one, from 0, and keeps it.
func (r *Run) epoch(ctx context.Context, epoch int) error {
	begin := time.Now()
	order := r.batches.order(r.Recipe.Seed, epoch)
	updates, batch := r.updates(), r.Recipe.Batch
	e := Epoch{Epoch: epoch + 1}
	seen := 0
	for u := range updates {
		for range r.Recipe.Accumulate {
			photos := order[seen : seen+batch]
			r.batches.fill(r.trainer.Input().Data, r.trainer.Labels(), photos, r.Recipe.Seed, epoch)
			result, err := r.trainer.Accumulate(ctx)
			if err != nil {
				return r.stopped(err, epoch, u)
			}
			seen += batch
			e.Loss += result.Loss * float64(batch)
			e.TrainError += float64(result.Wrong)
			if r.Batch != nil {
				n := float64(seen)
				r.Batch(Status{e.Epoch, seen / batch, updates * r.Recipe.Accumulate, e.Loss / n, e.TrainError / n, n / time.Since(begin).Seconds()})
			}
		}
		if u == updates-1 {
			r.stats = append(r.stats, gradientRows(e.Epoch, r.trainer.Params())...)
		}
		e.Rate = r.Recipe.rate(r.progress.Step+u, updates)
		if err := r.trainer.Update(ctx, engine.SGD{
			LearningRate: float32(e.Rate), Momentum: float32(r.Recipe.Momentum), WeightDecay: float32(r.Recipe.Decay),
			Scale: float32(1 / float64(r.Recipe.Accumulate)), Nesterov: r.Recipe.Nesterov,
		}); err != nil {
			return err
		}
	}
	e.Step = r.progress.Step + updates
	e.Loss, e.TrainError = e.Loss/float64(seen), e.TrainError/float64(seen)
	e.PerSecond = float64(seen) / time.Since(begin).Seconds()
	var err error
	if e.TestLoss, e.TestError, err = r.test(ctx); err != nil {
		return err
	}
	return r.keep(ctx, e)
}

// stopped says where a loss was no number.
func (r *Run) stopped(err error, epoch, update int) error {
	if _, ok := errors.AsType[*engine.NotFiniteError](err); ok {
		return fmt.Errorf("epoch %d, step %d: %w; a smaller learning rate or a warm-up may help", epoch+1, r.progress.Step+update+1, err)
	}
	return err
}

// keep writes what an epoch has come to. The checkpoint is last: what was written before is written again where it is missing.
func (r *Run) keep(ctx context.Context, e Epoch) error {
	if r.progress.Epoch == 0 && r.First != nil {
		if err := r.First(); err != nil {
			return err
		}
	}
	params := held(r.trainer.Params())
	r.metrics = append(r.metrics, e.row())
	next := r.progress
	next.Epoch, next.Step = e.Epoch, e.Step
	if e.TestError < next.BestError || next.BestEpoch == 0 {
		next.BestError, next.BestEpoch = e.TestError, e.Epoch
		if err := r.Net.Write(ctx, filepath.Join(r.Dir, BestFile), params, nil); err != nil {
			return err
		}
	}
	if err := errors.Join(
		writeTable(filepath.Join(r.Dir, MetricsFile), metricsColumns, r.metrics),
		writeTable(filepath.Join(r.Dir, GradientsFile), gradientColumns, r.stats),
	); err != nil {
		return err
	}
	if err := save(ctx, r.Net, filepath.Join(r.Dir, CheckpointFile), params, next); err != nil {
		return err
	}
	r.progress = next
	if r.Epoch != nil {
		r.Epoch(e)
	}
	return nil
}

// test measures the network with its running statistics on the photos that are not learned from.
func (r *Run) test(ctx context.Context) (loss, wrong float64, err error) {
	program, err := engine.New(r.Net.Graph.Graph, held(r.trainer.Params()), r.options())
	if err != nil {
		return 0, 0, err
	}
	shape := r.Net.Graph.InputShape(min(r.Recipe.Batch, len(r.Data.Test)))
	plan, err := program.Plan(ctx, shape, nil)
	if err != nil {
		return 0, 0, err
	}
	session := plan.NewSession(r.Team)
	batch := shape[0]
	for at := 0; at < len(r.Data.Test); at += batch {
		photos := r.Data.Test[at:min(len(r.Data.Test), at+batch)]
		r.batches.centre(session.Input().Data, photos)
		logits, err := session.Run(ctx, session.Input())
		if err != nil {
			return 0, 0, err
		}
		l, w := score(logits, photos, r.Data.Labels)
		loss, wrong = loss+l, wrong+float64(w)
	}
	n := float64(len(r.Data.Test))
	return loss / n, wrong / n, nil
}

// score adds up the cross entropies of some photos, and counts those whose largest logit is another class's, or that have NaN.
func score(logits tensor.Tensor, photos, labels []int32) (loss float64, wrong int) {
	classes := logits.Shape[1]
	for n, i := range photos {
		row, label := logits.Data[n*classes:][:classes], labels[i]
		l, best := crossEntropy(row, int(label))
		loss += l
		if best != int(label) || l != l {
			wrong++
		}
	}
	return loss, wrong
}
