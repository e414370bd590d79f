package serve

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	pngs "image/png"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"resnet/internal/nets"
	"resnet/internal/tensor"
)

// batches is a server of one core whose model computes up to most images at a time.
func batches(t *testing.T, most int) *Server {
	t.Helper()
	s := newServer(t, func(c *Config) { c.Limits.Cores, c.Limits.BatchDelay = 1, time.Hour })
	s.models["tiny"].batch = most
	return s
}

// picture is a small picture of one colour.
func picture(t *testing.T, gray uint8) []byte {
	t.Helper()
	im := image.NewGray(image.Rect(0, 0, 80, 80))
	for i := range im.Pix {
		im.Pix[i] = gray + uint8(i%7)
	}
	im.SetGray(3, 3, color.Gray{255 - gray})
	var out bytes.Buffer
	if err := pngs.Encode(&out, im); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// atOnce sends bodies while no core is free, and returns the answers to them once one is.
func atOnce(t *testing.T, s *Server, path string, bodies [][]byte) (status []int, text []string) {
	t.Helper()
	status, text = make([]int, len(bodies)), make([]string, len(bodies))
	free := s.occupy()
	var wg sync.WaitGroup
	for i, body := range bodies {
		wg.Go(func() { status[i], text[i] = ask(s, http.MethodPost, path, png, body) })
		for s.queue.line.waiting.Load() != int64(i+1) {
			runtime.Gosched()
		}
	}
	free()
	wg.Wait()
	return status, text
}

// TestBatch: images that wait are computed together; each gets the answer that it gets alone, and one that is broken its own error.
func TestBatch(t *testing.T) {
	alone, together := batches(t, 1), batches(t, 4)
	bodies := make([][]byte, 7)
	want := make([]string, len(bodies))
	for i := range bodies {
		bodies[i] = picture(t, uint8(30*i))
		if i == 2 {
			bodies[i] = []byte("no picture")
		}
		_, want[i] = ask(alone, http.MethodPost, "/v2/models/tiny/features?layer=fc", png, bodies[i])
	}
	status, text := atOnce(t, together, "/v2/models/tiny/features?layer=fc", bodies)
	for i := range bodies {
		if text[i] != want[i] || (status[i] == http.StatusOK) == (i == 2) {
			t.Errorf("image %d: %d %.200s, want %.200s", i, status[i], text[i], want[i])
		}
	}
	_, metrics := ask(together, http.MethodGet, "/metrics", nil, nil)
	for _, want := range []string{ // four with the broken one left out, and two
		`resnet_batch_images_bucket{model="tiny",le="2"} 1`, `resnet_batch_images_bucket{model="tiny",le="4"} 2`, `resnet_batch_images_sum{model="tiny"} 6`,
		`resnet_stage_seconds_count{model="tiny",stage="compute"} 6`, "resnet_queue_seconds_count 7", "resnet_queue_images 0",
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("no %s in %s", want, metrics)
		}
	}
	if together.queue.line.free != 1 {
		t.Error("the core is not given back")
	}
}

// TestBatchKinds: only images of one model and the same watched layers are computed together, and other work by itself.
func TestBatchKinds(t *testing.T) {
	l := newLine(1)
	models := []*Model{{Name: "a"}, {Name: "b"}}
	var places []*place
	add := func(m *Model, watch string) {
		p := newPlace(nil)
		if m != nil {
			p.shot = &shot{kind: kind{m, watch}}
		}
		l.enter(p)
		places = append(places, p)
	}
	add(models[0], "") // has the core
	add(nil, "")
	add(models[1], "")
	add(models[0], "fc")
	add(models[0], "")
	for what, test := range map[string]struct {
		kind kind
		want *place
	}{"the same": {kind{models[0], ""}, places[4]}, "another layer": {kind{models[0], "fc"}, places[3]}, "nobody's": {kind{models[1], "fc"}, nil}} {
		if got := l.take(test.kind); got != test.want {
			t.Errorf("%s: place %d", what, slices.Index(places, got))
		}
	}
	if l.waiting.Load() != 2 || l.computed.Load() != 3 {
		t.Errorf("%d wait, %d are computed", l.waiting.Load(), l.computed.Load())
	}
	l.leave(3)
	select {
	case <-places[1].core:
	default:
		t.Error("the core is not given to the one that waits for the longest")
	}
}

// TestBatchLeaves: who leaves the line while a core comes free passes it on, and one that is taken along takes none with it.
func TestBatchLeaves(t *testing.T) {
	l := newLine(1)
	places := []*place{newPlace(nil), newPlace(nil), newPlace(nil), newPlace(&shot{})}
	for _, p := range places {
		l.enter(p)
	}
	l.leave(1)
	l.giveUp(places[1])
	select {
	case <-places[2].core:
	default:
		t.Fatal("the core is lost")
	}
	if l.take(kind{}) != places[3] {
		t.Fatal("it is not taken along")
	}
	l.giveUp(places[3])
	l.leave(2)
	if l.free != 1 || l.waiting.Load() != 0 || l.computed.Load() != 0 {
		t.Errorf("%d cores are free, %d wait, %d are computed", l.free, l.waiting.Load(), l.computed.Load())
	}
}

// TestBatchIsWanted: a batch goes on while somebody waits for one of its images; who has left gets nothing.
func TestBatchIsWanted(t *testing.T) {
	s := batches(t, 4)
	m := s.models["tiny"]
	contexts, leave := make([]context.Context, 3), make([]context.CancelFunc, 3)
	batch := make([]*shot, 3)
	for i := range batch {
		contexts[i], leave[i] = context.WithCancel(t.Context())
		defer leave[i]()
		batch[i] = &shot{kind: kind{m, ""}, ctx: contexts[i], write: func(row []float32) { clear(row) }}
	}
	ctx, cancel := whileWanted(batch)
	defer cancel()
	leave[0]()
	leave[2]()
	if s.compute(m, batch); batch[1].err != nil || batch[1].output == nil || ctx.Err() != nil {
		t.Errorf("%v, %v", batch[1].err, ctx.Err())
	}
	leave[1]()
	<-ctx.Done()
	if s.compute(m, batch); !errors.Is(batch[1].err, context.Canceled) {
		t.Errorf("nobody waits: %v", batch[1].err)
	}
}

// TestBatchFails: where a batch can't be computed each image is computed alone, and has its own error.
func TestBatchFails(t *testing.T) {
	s := batches(t, 4)
	m := s.models["tiny"]
	batch := make([]*shot, 3)
	for i := range batch {
		batch[i] = &shot{kind: kind{m, ""}, ctx: t.Context(), write: func(row []float32) { clear(row) }}
	}
	batch[1].write = func([]float32) { panic("inside") }
	s.compute(m, batch)
	for i, one := range batch {
		if (one.err != nil) != (i == 1) || (one.output == nil) != (i == 1) {
			t.Errorf("image %d: %v", i, one.err)
		}
	}
	if _, err := s.predict(t.Context(), m, func(context.Context) (func([]float32), error) { panic("inside") }); err == nil || err.Error() != "internal error" {
		t.Errorf("a panic while it is prepared: %v", err)
	}
}

// TestBatchPays: only networks that use their weights a few times are computed in batches, and no answer waits longer than it may.
func TestBatchPays(t *testing.T) {
	for _, test := range []struct {
		net        string
		side, most int
		want       int
	}{{"resnet18", 64, 8, 8}, {"resnet18", 160, 8, 8}, {"resnet18", 224, 8, 1}, {"resnet50", 224, 8, 1}, {"resnet50", 64, 7, 4}, {"resnet18", 64, 1, 1}} {
		n, err := new(nets.Opener).Open(t.Context(), nets.Choice{Net: test.net})
		if err != nil {
			t.Fatal(err)
		}
		m := &Model{Net: n, Predictor: &nets.Predictor{Input: tensor.Shape{1, 3, test.side, test.side}}}
		if err := m.chooseBatch(test.most); err != nil || m.batch != test.want {
			t.Errorf("%+v: %d, %v", test, m.batch, err)
		}
		if (m.batch == 1) != (m.alone != "") {
			t.Errorf("%+v: %d at a time, and why each alone: %q", test, m.batch, m.alone)
		}
	}
	m := &Model{batch: 4}
	m.computing.add(time.Second, 1)
	for _, test := range []struct {
		n, ago int
		want   bool
	}{{2, 0, true}, {4, 1, true}, {4, 2, false}, {5, 0, false}, {2, 3, true}, {2, 4, false}} {
		if got := m.pays(test.n, time.Duration(test.ago)*time.Second, 5*time.Second); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
