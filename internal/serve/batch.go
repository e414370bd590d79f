package serve

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"resnet/internal/nets"
)

// kind is what images have in common that may be computed together.
type kind struct {
	model *Model
	watch string
}

// shot is one image that is computed: by the goroutine that asks for it, or by another one that takes it along.
type shot struct {
	kind
	ctx   context.Context
	watch []nets.Watch
	// prepare decodes it, and returns what writes it where the network reads it.
	prepare func(context.Context) (write func(row []float32), err error)

	write  func(row []float32)
	output *nets.Output
	err    error
	done   chan struct{} // closed once another goroutine is done with it
}

// predict waits for a core and computes an image there, with others that wait where that pays: who has a core takes images of the
// same model out of the line, so that nobody waits for those that are not there yet. Each has its own error.
func (s *Server) predict(ctx context.Context, m *Model, prepare func(context.Context) (func(row []float32), error), watch ...nets.Watch) (*nets.Output, error) {
	one := &shot{kind: kind{m, fmt.Sprint(watch)}, ctx: ctx, watch: watch, prepare: prepare, done: make(chan struct{})}
	p := newPlace(one)
	err := s.queue.turn(ctx, p, func(context.Context) error {
		s.together(p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return one.output, one.err
}

// together computes the image of a place that has a core, and those that it takes along.
func (s *Server) together(p *place) {
	start, m := time.Now(), p.shot.model
	var batch, others []*shot
	defer func() {
		for _, other := range others {
			close(other.done)
		}
	}()
	for next := p.shot; next != nil; {
		if next.err = next.ready(); next.err == nil {
			batch = append(batch, next)
		}
		if next = nil; m.pays(len(batch)+1, time.Since(start), s.config.Limits.BatchDelay) {
			if next = s.queue.takeAlong(p); next != nil {
				others = append(others, next)
			}
		}
	}
	for len(batch) > 0 {
		n := batchSize(len(batch))
		s.compute(m, batch[:n])
		batch = batch[n:]
	}
}

// fewUses is how often a pass over one image uses a weight, on average, at most where batches pay: it is fetched once for all images
// of a batch. On an Intel Xeon (Emerald Rapids) an image of a batch of 8 takes, compared with one alone, 0.36 for a ResNet-18 of
// 64×64 pixels (13 uses), 0.55 of 96×96 (29), 0.73 of 128×128 (51), 0.85 of 160×160 (79), and 0.97 of 224×224 (155), where it
// is not worth the waiting.
const fewUses = 80

// chooseBatch decides how many images a model computes at a time, at most most, and why each alone.
func (m *Model) chooseBatch(most int) error {
	macs, err := m.Net.Graph.MACs(m.Predictor.Input)
	if err != nil {
		return err
	}
	m.batch = batchSize(most)
	switch uses := macs / m.Net.Graph.ParamCount(); {
	case m.batch == 1:
		m.alone = "no more are allowed"
	case macs > fewUses*m.Net.Graph.ParamCount():
		m.batch = 1
		m.alone = fmt.Sprintf("an image uses each weight %d times, and with more than %d of them a batch is hardly faster", uses, fewUses)
	}
	return nil
}

// pays tells whether a batch that was begun some time ago should become one of n images: none is answered more than delay later
// for the others.
func (m *Model) pays(n int, ago, delay time.Duration) bool {
	return n <= m.batch && ago+time.Duration(n)*m.computing.value() <= delay
}

// ready prepares an image.
func (one *shot) ready() (err error) {
	defer recoverPanic(&err)
	if err := one.ctx.Err(); err != nil {
		return err
	}
	one.write, err = one.prepare(one.ctx)
	return err
}

// batchSize is the largest power of two up to n: of few sizes sessions can be kept.
func batchSize(n int) int {
	size := 1
	for 2*size <= n {
		size *= 2
	}
	return size
}

// compute computes images together, and each alone where that fails: what one can't do is no fault of the others.
func (s *Server) compute(m *Model, batch []*shot) {
	start := time.Now()
	err := m.compute(batch)
	if err != nil && len(batch) > 1 {
		for i := range batch {
			s.compute(m, batch[i:i+1])
		}
		return
	}
	took := time.Since(start)
	m.computing.add(took, len(batch))
	for _, one := range batch {
		one.err = err
		s.metrics.stages.WithLabelValues(m.Name, "compute").Observe(took.Seconds() / float64(len(batch)))
	}
	s.metrics.batches.WithLabelValues(m.Name).Observe(float64(len(batch)))
}

// compute fills the outputs of images; a panic is an error.
func (m *Model) compute(batch []*shot) (err error) {
	defer recoverPanic(&err)
	ctx, cancel := whileWanted(batch)
	defer cancel()
	outputs, err := m.Predictor.Batch(ctx, len(batch), func(i int, row []float32) { batch[i].write(row) }, batch[0].watch...)
	for i := range outputs {
		batch[i].output = outputs[i]
	}
	return err
}

// whileWanted is done once nobody waits for any of the images.
func whileWanted(batch []*shot) (context.Context, context.CancelFunc) {
	if len(batch) == 1 {
		return context.WithCancel(batch[0].ctx)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var left atomic.Int64
	stops := make([]func() bool, len(batch))
	for i, one := range batch {
		stops[i] = context.AfterFunc(one.ctx, func() {
			if left.Add(1) == int64(len(batch)) {
				cancel()
			}
		})
	}
	if !slices.ContainsFunc(batch, func(one *shot) bool { return one.ctx.Err() == nil }) {
		cancel() // at once, as what was called above may run later
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}
