package nets

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"resnet/internal/hooks"
	"resnet/internal/random"
	"resnet/internal/tensor"
	"resnet/internal/weights"
)

// openBuiltin opens the network whose weights are in the binary.
func openBuiltin(t *testing.T) *Net {
	t.Helper()
	n, err := new(Opener).Open(t.Context(), Choice{Trained: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// noise is an input of the built-in network.
func noise(t *testing.T, shape tensor.Shape, seed uint64) tensor.Tensor {
	t.Helper()
	x := tensor.New(shape...)
	if err := random.Input(t.Context(), x.Data, seed); err != nil {
		t.Fatal(err)
	}
	return x
}

func newPredictor(t *testing.T, o PredictorOptions) *Predictor {
	t.Helper()
	p, err := openBuiltin(t).Predictor(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// TestPredict runs many requests of other shapes and other watched layers at a time: each gets what it gets alone.
func TestPredict(t *testing.T) {
	p := newPredictor(t, PredictorOptions{Sessions: 2, Compute: Compute{Threads: 1}})
	watches := [][]Watch{nil, {{Layer: "avgpool", Mean: true}}, {{Layer: "=avgpool", Input: true}, {Layer: "layer1"}}}
	type request struct {
		x     tensor.Tensor
		watch []Watch
		want  *Output
	}
	var requests []request
	for i := range 9 {
		x := noise(t, tensor.Shape{1 + i%2, 3, 64, 64}, uint64(i))
		watch := watches[i%3]
		want, err := p.Predict(t.Context(), x, watch...)
		if err != nil {
			t.Fatal(err)
		}
		requests = append(requests, request{x, watch, want})
	}
	var wg sync.WaitGroup
	for range 2 {
		for _, r := range requests {
			wg.Go(func() {
				got, err := p.Predict(context.Background(), r.x, r.watch...)
				if err != nil || !slices.Equal(got.Logits.Data, r.want.Logits.Data) || len(got.Watched) != len(r.watch) {
					t.Errorf("other logits, or %v", err)
					return
				}
				for i, w := range got.Watched {
					if !w.Shape.Equal(r.want.Watched[i].Shape) || !slices.Equal(w.Data, r.want.Watched[i].Data) {
						t.Errorf("%v: other values", r.watch[i])
					}
				}
			})
		}
	}
	wg.Wait()
	if n := len(p.pool.idle); n > 2+spare {
		t.Errorf("%d idle sessions", n)
	}
	p.Rest()
	if n := len(p.pool.idle); n != 0 {
		t.Errorf("%d idle sessions of a predictor that rests", n)
	}
	if got, err := p.Predict(t.Context(), requests[0].x); err != nil || !slices.Equal(got.Logits.Data, requests[0].want.Logits.Data) {
		t.Errorf("after it has rested: other logits, or %v", err)
	}
	p.Close()
	if n := len(p.pool.idle); n != 0 {
		t.Errorf("%d idle sessions of a closed predictor", n)
	}
}

// TestWatched compares what a request watches with what hooks see, and with the logits that it leads to.
func TestWatched(t *testing.T) {
	p := newPredictor(t, PredictorOptions{})
	x := noise(t, tensor.Shape{2, 3, 64, 64}, 1)
	got, err := p.Predict(t.Context(), x, Watch{Layer: "fc"}, Watch{Layer: "avgpool"}, Watch{Layer: "layer4", Mean: true}, Watch{Layer: "avgpool", Input: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Watched[0].Data, got.Logits.Data) {
		t.Error("the output of fc is not the logits")
	}
	pooled, means := got.Watched[1], got.Watched[2]
	if !means.Shape.Equal(tensor.Shape{2, 256}) || !got.Watched[3].Shape.Equal(tensor.Shape{2, 256, 4, 4}) {
		t.Errorf("shapes %v and %v", means.Shape, got.Watched[3].Shape)
	}
	for i, v := range means.Data {
		if math.Abs(float64(v-pooled.Data[i])) > 1e-5 {
			t.Fatalf("mean %d is %v, the pool says %v", i, v, pooled.Data[i])
		}
	}
}

// TestBatch: what is put out for an image does not depend on the batch that it is in.
func TestBatch(t *testing.T) {
	for _, c := range []Compute{{}, {Exact: true}} {
		p := newPredictor(t, PredictorOptions{Compute: c})
		watch := []Watch{{Layer: "avgpool", Mean: true}, {Layer: "=layer4.1", Input: true}}
		for _, n := range []int{1, 2, 3, 8} {
			all := make([]tensor.Tensor, n)
			for i := range all {
				all[i] = noise(t, p.Input, uint64(i))
			}
			got, err := p.Batch(t.Context(), n, func(i int, row []float32) { copy(row, all[i].Data) }, watch...)
			if err != nil {
				t.Fatal(err)
			}
			for i, x := range all {
				want, err := p.Predict(t.Context(), x, watch...)
				if err != nil {
					t.Fatal(err)
				}
				for w, seen := range append(want.Watched, want.Logits) {
					other := append(got[i].Watched, got[i].Logits)[w]
					if !other.Shape.Equal(seen.Shape) || !slices.Equal(other.Data, seen.Data) {
						t.Errorf("%+v: image %d of %d: tensor %d is %v, and alone %v", c, i, n, w, other.Shape, seen.Shape)
					}
				}
			}
		}
	}
}

func TestPredictErrors(t *testing.T) {
	p := newPredictor(t, PredictorOptions{})
	x := noise(t, p.Input, 0)
	if _, err := p.Predict(t.Context(), x, Watch{Layer: "layer9"}); err == nil {
		t.Error("layer9 is watched")
	} else if _, ok := errors.AsType[*WatchError](err); !ok {
		t.Errorf("layer9: %v", err)
	}
	if _, err := p.Predict(t.Context(), noise(t, tensor.Shape{1, 4, 64, 64}, 0)); err == nil {
		t.Error("four colours are three")
	}
	// Every failure gave its place back.
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := p.Predict(ctx, x); err != nil {
		t.Fatal(err)
	}
	p.pool.running <- struct{}{} // somebody computes
	cancel()
	if _, err := p.Predict(ctx, x); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a session: %v", err)
	}
	<-p.pool.running

	plain, err := new(Opener).Open(t.Context(), Choice{Net: "resnet18"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Predictor(t.Context(), PredictorOptions{}); err == nil || err.Error() != "there are no weights of resnet18" {
		t.Errorf("random weights: %v", err)
	}
	if _, err := new(Opener).Open(t.Context(), Choice{Net: "plain34", Trained: true}); err == nil {
		t.Error("trained weights of plain34")
	}
}

// TestMemoryIsBounded: a slip of a size is an error before anything is allocated.
func TestMemoryIsBounded(t *testing.T) {
	n := openBuiltin(t)
	input := tensor.Shape{1 << 16, 3, 64, 64}
	if err := n.CheckMemory(input); err == nil {
		t.Error("no error")
	} else if _, ok := errors.AsType[*MemoryError](err); !ok {
		t.Error(err)
	}
	half := tensor.Shape{1 << 14, 3, 64, 64} // each fits, all of them do not
	if err := n.CheckMemory(half); err != nil {
		t.Error(err)
	}
	want := "inputs of [16384, 3, 64, 64], [16384, 3, 64, 64], [16384, 3, 64, 64], [16384, 3, 64, 64] take together"
	if err := n.CheckMemory(half, half, half, half); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := n.Noise(t.Context(), input, 0); !errors.As(err, new(*MemoryError)) {
		t.Errorf("noise: %v", err)
	}
	runner, err := n.Runner(Compute{})
	if err != nil {
		t.Fatal(err)
	}
	input[0] *= 4 // this machine's plan may need less than any plan
	if _, err := runner.Session(t.Context(), input, nil); err == nil {
		t.Errorf("a session of %v", input)
	}
}

// TestRunner: a pass with hooks, and one without them, give what the predictor gives.
func TestRunner(t *testing.T) {
	p := newPredictor(t, PredictorOptions{})
	x := noise(t, p.Input, 3)
	want, err := p.Predict(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	runner, err := p.Net.Runner(Compute{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	if runner.Weights != "weights resnet18_tiny (built in)" {
		t.Error(runner.Weights)
	}
	events := 0
	set := hooks.NewSet(p.Net.Graph.Graph)
	if _, err := set.Add("**", hooks.Func(hooks.Facts, func(hooks.Event) error { events++; return nil })); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*hooks.Set{nil, set} {
		session, err := runner.Session(t.Context(), x.Shape, s)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := session.Logits(t.Context(), x); err != nil || !slices.Equal(got, want.Logits.Data) {
			t.Errorf("other logits, or %v", err)
		}
	}
	if events == 0 {
		t.Error("no event")
	}
	session, err := runner.SessionWithout(t.Context(), x.Shape, "layer4.1")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := session.Logits(t.Context(), x); err != nil || slices.Equal(got, want.Logits.Data) {
		t.Errorf("the same logits without a block, or %v", err)
	}
}

func picture(t *testing.T, seed int) []byte {
	t.Helper()
	im := image.NewRGBA(image.Rect(0, 0, 80, 70))
	for i := range im.Pix {
		im.Pix[i] = uint8(i*(seed+3) + i/80)
	}
	for x := range 80 {
		im.Set(x, 0, color.White)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestEach sends encoded images through a predictor: results come in order, failures are their image's.
func TestEach(t *testing.T) {
	p := newPredictor(t, PredictorOptions{Sessions: 2, Compute: Compute{Threads: 1}})
	const n = 40
	images := func(_ context.Context, yield func(*Image) error) error {
		for i := range n {
			im := &Image{Name: string(rune('A' + i)), Data: picture(t, i)}
			switch i {
			case 7:
				im.Data = []byte("no picture")
			case 8:
				im.Fault = errors.New("was not found")
			case 9:
				im.Stream, im.Data = bytes.NewReader(im.Data), nil
			}
			if err := yield(im); err != nil {
				return err
			}
		}
		return nil
	}
	work := func(ctx context.Context, im *Image) (*Seen, error) {
		return p.Image(ctx, im, Decoding{Timeout: time.Minute})
	}
	i := 0
	err := Each(t.Context(), images, 3, work, func(job *Done[*Seen]) error {
		if job.Name != string(rune('A'+i)) {
			t.Errorf("image %d is %s", i, job.Name)
		}
		if bad := i == 7 || i == 8; bad != (job.Err != nil) {
			t.Errorf("image %d: %v", i, job.Err)
		} else if !bad && len(p.Top(job.Value.Logits.Data, 5)) != 5 {
			t.Errorf("image %d has no labels", i)
		}
		i++
		return nil
	})
	if err != nil || i != n {
		t.Errorf("%d images, %v", i, err)
	}

	stop := errors.New("enough")
	err = Each(t.Context(), images, 3, work, func(*Done[*Seen]) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("the error of take became %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = Each(ctx, images, 3, work, func(*Done[*Seen]) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run ended with %v", err)
	}
}

func TestCheckBuiltin(t *testing.T) {
	for _, s := range weights.Builtins() {
		if difference, err := CheckBuiltin(t.Context(), s); err != nil || !(difference < 1e-5) {
			t.Errorf("%s differs by %v of the largest, %v", s.Name, difference, err)
		}
	}
}
