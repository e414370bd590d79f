package nets

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"

	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/number"
	"resnet/internal/tensor"
)

// PredictorOptions are the choices of Net.Predictor. The zero value computes one image at a time, on all cores.
type PredictorOptions struct {
	Compute
	// Sessions compute at a time; others wait. Most images a second are computed by one a core, of one thread each. 0: one.
	Sessions int
	// Preprocess replaces the network's own preprocessing; nil: none does.
	Preprocess *imaging.Preprocess
}

// Predictor makes predictions with trained weights. It may be used by any number of goroutines: it lends each a session of
// a pool.
type Predictor struct {
	Net        *Net
	Preprocess imaging.Preprocess
	Assumed    string       // of the preprocessing, in words (Net.AssumedPixels); "": somebody says it all
	Labels     *labels.List // nil: the classes have no names
	Input      tensor.Shape // (1, 3, height, width), or one channel, what the network sees of an image

	pool *pool
}

// Predictor makes a predictor; random weights are a *NoWeightsError. Nothing is packed yet, but what is wrong with the
// weights, the labels and the crop is found. The caller closes it.
func (n *Net) Predictor(ctx context.Context, o PredictorOptions) (*Predictor, error) {
	if n.Weights == nil {
		return nil, &NoWeightsError{n.Arch.Name}
	}
	preprocess, err := n.Preprocess()
	if err != nil {
		return nil, err
	}
	if o.Preprocess != nil {
		preprocess = *o.Preprocess
	}
	list, err := n.Labels(ctx)
	if err != nil {
		return nil, err
	}
	crop := preprocess.Crop.Square()
	p := &Predictor{
		Net: n, Preprocess: preprocess, Assumed: n.AssumedPixels(), Labels: list,
		Input: tensor.Shape{1, preprocess.Channels(), crop.Height, crop.Width},
	}
	runner, err := n.Runner(o.Compute)
	if err != nil {
		return nil, err
	}
	if _, err := n.Graph.Shapes(p.Input); err != nil {
		return nil, fmt.Errorf("%s with a crop of %d×%d: %w", n.Arch.Name, p.Input[2], p.Input[3], err)
	}
	p.pool = newPool(runner, max(1, o.Sessions))
	return p, nil
}

// Cores is the number of threads or sessions that keep this process's cores busy.
func Cores() int { return runtime.GOMAXPROCS(0) }

// Sessions is how many predictions are computed at a time.
func (p *Predictor) Sessions() int { return cap(p.pool.running) }

// Close gives back the memory and threads of the sessions; those that compute do so when they are done.
func (p *Predictor) Close() { p.pool.close() }

// Rest gives back the memory of sessions that are idle; later predictions make their own again.
func (p *Predictor) Rest() { p.pool.rest() }

// Watch asks for what a layer sees or puts out.
type Watch struct {
	Layer string // its path, or a pattern of hooks.Set.Add; of several calls it is the last one
	Input bool   // its first input instead of its output
	Mean  bool   // averaged to one number a channel: (batch, channels)
	Max   bool   // or the largest of each channel
}

// WatchError is a layer to be watched that there is not.
type WatchError struct{ Err error }

func (e *WatchError) Error() string { return e.Err.Error() }
func (e *WatchError) Unwrap() error { return e.Err }

// Output is what a network makes of an input.
type Output struct {
	Logits  tensor.Tensor   // (batch, classes)
	Watched []tensor.Tensor // one for each Watch, in their order
}

// Predict computes an input of preprocessed images, (batch, 3, height, width), of any batch and size that the network
// admits. It waits for a free session, until ctx is done.
func (p *Predictor) Predict(ctx context.Context, x tensor.Tensor, watch ...Watch) (*Output, error) {
	if n := x.Shape.Elements(); n != len(x.Data) {
		return nil, fmt.Errorf("input %v with %d values, want %d", x.Shape, len(x.Data), n)
	}
	return p.pool.run(ctx, x.Shape, func(input []float32) { copy(input, x.Data) }, watch)
}

// Batch computes n images at a time that are as large as Input says; write prepares image i in row, (3, height, width), where the
// network reads it. What is put out for each is what it would be alone, to the bit.
func (p *Predictor) Batch(ctx context.Context, n int, write func(i int, row []float32), watch ...Watch) ([]*Output, error) {
	shape := p.Input.Clone()
	shape[0] = n
	size := p.Input.Elements()
	all, err := p.pool.run(ctx, shape, func(input []float32) {
		for i := range n {
			write(i, input[i*size:(i+1)*size])
		}
	}, watch)
	if err != nil {
		return nil, err
	}
	outputs := make([]*Output, n)
	for i := range outputs {
		outputs[i] = &Output{Logits: row(all.Logits, i), Watched: make([]tensor.Tensor, len(watch))}
		for w, seen := range all.Watched {
			outputs[i].Watched[w] = row(seen, i)
		}
	}
	return outputs, nil
}

// row is image i of (batch, …), as a batch of one.
func row(t tensor.Tensor, i int) tensor.Tensor {
	shape := t.Shape.Clone()
	shape[0] = 1
	size := shape.Elements()
	return tensor.Tensor{Shape: shape, Data: t.Data[i*size : (i+1)*size : (i+1)*size]}
}

// Prepare packs the weights, so that the first prediction of one image is as fast as the others, and reports what is wrong
// with them and with what is to be watched.
func (p *Predictor) Prepare(ctx context.Context, watch ...Watch) error {
	return p.pool.prepare(ctx, p.Input, watch)
}

// Seen is what a network makes of one image.
type Seen struct {
	Crop *imaging.Crop // what it saw
	*Output
}

// Image decodes an image and computes it.
func (p *Predictor) Image(ctx context.Context, im *Image, d Decoding, watch ...Watch) (*Seen, error) {
	crop, err := d.Load(ctx, im, p.Preprocess)
	if err != nil {
		return nil, err
	}
	return p.Crop(ctx, crop, watch...)
}

// Crop computes what is left of an image that was decoded for the predictor's preprocessing.
func (p *Predictor) Crop(ctx context.Context, crop *imaging.Crop, watch ...Watch) (*Seen, error) {
	shape := tensor.Shape{1, p.Input[1], crop.Image.Height, crop.Image.Width}
	output, err := p.pool.run(ctx, shape, func(input []float32) { p.Preprocess.Normalize(input, crop.Image) }, watch)
	if err != nil {
		return nil, err
	}
	return &Seen{crop, output}, nil
}

// Runner computes passes of other kinds with the same packed weights.
func (p *Predictor) Runner() *Runner { return p.pool.runner }

// Top are the k most probable classes of one image's logits, the best first; all of them for 0.
func (p *Predictor) Top(logits []float32, k int) []labels.Prediction {
	return labels.Top(logits, k, p.Labels)
}

// FindClass is the class that a user means by an index, a WordNet id or a name.
func (p *Predictor) FindClass(word string) (int, error) { return p.Net.FindClass(p.Labels, word) }

// Words name the network for people: resnet18_tiny (built in: 200 classes, sees 64×64 pixels).
func (p *Predictor) Words() string { return p.words(p.Net.WeightsWords()) }

// Title is Words with a file's name alone, without its folder.
func (p *Predictor) Title() string { return p.words(filepath.Base(p.Net.WeightsWords())) }

func (p *Predictor) words(weights string) string {
	source := "built in"
	if !p.Net.Source.Builtin() {
		source = weights
	}
	words := fmt.Sprintf("%s: %s classes, sees %d×%d pixels", source, number.Thousands(int64(p.Net.Arch.Spec.NumClasses)), p.Input[3], p.Input[2])
	if p.Assumed != "" {
		words += "; " + p.Assumed
	}
	return fmt.Sprintf("%s (%s)", p.Net.Arch.Name, words)
}

// pool lends sessions: no more at a time than it has places, and it keeps a few that are idle for the shapes and watched
// layers that were computed last.
type pool struct {
	runner  *Runner
	running chan struct{} // a place for each session that computes

	mu     sync.Mutex
	idle   []*seat // the one that was used last at the end
	closed bool
}

// spare is how many idle sessions are kept beyond one for each place: a server is asked for other batches and layers in
// turn.
const spare = 4

func newPool(r *Runner, sessions int) *pool {
	return &pool{runner: r, running: make(chan struct{}, sessions)}
}

// run computes the input that write writes, where the network reads it.
func (p *pool) run(ctx context.Context, shape tensor.Shape, write func(input []float32), watch []Watch) (*Output, error) {
	s, err := p.borrow(ctx, shape, watch)
	if err != nil {
		return nil, err
	}
	defer p.giveBack(s)
	return s.run(ctx, write)
}

func (p *pool) prepare(ctx context.Context, input tensor.Shape, watch []Watch) error {
	s, err := p.borrow(ctx, input, watch)
	if err == nil {
		p.giveBack(s)
	}
	return err
}

// borrow waits for a place, and takes an idle session of the right kind or makes one.
func (p *pool) borrow(ctx context.Context, input tensor.Shape, watch []Watch) (*seat, error) {
	select {
	case p.running <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	kind := fmt.Sprint(input, watch)
	if s := p.take(kind); s != nil {
		return s, nil
	}
	s, err := newSeat(ctx, p.runner, kind, input, watch)
	if err != nil {
		<-p.running
		return nil, err
	}
	return s, nil
}

func (p *pool) take(kind string) *seat {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if s := p.idle[i]; s.kind == kind {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return s
		}
	}
	return nil
}

func (p *pool) giveBack(s *seat) {
	p.mu.Lock()
	p.idle = append(p.idle, s)
	if n := len(p.idle) - cap(p.running) - spare; n > 0 {
		p.idle = append(p.idle[:0], p.idle[n:]...)
	}
	if p.closed {
		p.idle = nil
	}
	p.mu.Unlock()
	<-p.running
}

func (p *pool) rest() {
	p.mu.Lock()
	p.idle = nil
	p.mu.Unlock()
}

func (p *pool) close() {
	p.mu.Lock()
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	p.runner.Close()
}
