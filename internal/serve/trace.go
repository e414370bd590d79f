package serve

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"resnet/internal/hooks"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/render"
)

// maxPatterns and maxPattern bound the patterns of layers and their length. Braces are not taken: those that hold nothing can be
// matched in more ways than anybody waits for, and several patterns say the same.
const (
	maxPatterns = 64
	maxPattern  = 256
)

// trace answers what `resnet trace --image FILE --format json` writes of the same image.
func (s *Server) trace(w http.ResponseWriter, r *http.Request, m *Model, images []*nets.Image) error {
	if len(images) > 1 {
		return Failf(http.StatusBadRequest, "%d images, want one", len(images))
	}
	stats, err := flag(r, "stats")
	if err != nil {
		return err
	}
	timed, err := flag(r, "time")
	if err != nil {
		return err
	}
	selected, err := layers(r, m)
	if err != nil {
		return err
	}
	var t *render.Trace
	if err := s.Run(r.Context(), func(ctx context.Context) (err error) {
		t, err = s.record(ctx, m, images[0], selected, stats, timed)
		return err
	}); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := render.Write(&out, t, "json", render.Look{}); err != nil {
		return err
	}
	writeBytes(w, http.StatusOK, "application/json", out.Bytes())
	return nil
}

// record traces one image, as large as the network's description has it.
func (s *Server) record(ctx context.Context, m *Model, im *nets.Image, selected []bool, stats, timed bool) (*render.Trace, error) {
	n := m.Net
	input, err := n.InputShape(1, imaging.Size{})
	if err != nil {
		return nil, err
	}
	preprocess, err := n.PreprocessAt(input[2], input[3], false)
	if err != nil {
		return nil, err
	}
	crop, err := s.decode(ctx, m, im, preprocess)
	if err != nil {
		return nil, err
	}
	recording := nets.Recording{Time: timed}
	if stats {
		recording.Stats = selected
	}
	defer s.metrics.stage(m, "compute", time.Now())
	pass, err := m.Runner.Record(ctx, preprocess.Tensor(crop.Image), recording)
	if err != nil {
		return nil, err
	}
	t := &render.Trace{
		Pass: render.Pass{
			Head:  render.Head{Spec: n.Arch.Spec, Input: input, Source: im.Name, Assumed: n.AssumedPixels(), Weights: m.Runner.Weights},
			Graph: n.Graph,
			All:   pass.Events,
		},
		Select: func(i int) bool { return selected[i] },
	}
	if m.Predictor != nil {
		t.Answer = labels.Top(pass.Logits, render.TraceAnswers, m.Predictor.Labels)
	}
	return t, nil
}

// flag is a parameter of the query that says yes or no; its name alone is yes.
func flag(r *http.Request, name string) (bool, error) {
	query := r.URL.Query()
	if text := query.Get(name); text != "" {
		yes, err := strconv.ParseBool(text)
		if err != nil {
			return false, Failf(http.StatusBadRequest, "%s=%.20s: want true or false", name, text)
		}
		return yes, nil
	}
	return query.Has(name), nil
}

// layers are the events that the query's patterns choose; all where there are none.
func layers(r *http.Request, m *Model) ([]bool, error) {
	var patterns []string
	if text := r.URL.Query().Get("layers"); text != "" {
		patterns = strings.Split(text, ",")
	}
	if len(patterns) > maxPatterns {
		return nil, Failf(http.StatusBadRequest, "layers: %d patterns, more than %d", len(patterns), maxPatterns)
	}
	for _, pattern := range patterns {
		if len(pattern) > maxPattern || strings.Contains(pattern, "{") {
			return nil, Failf(http.StatusBadRequest, "layers: want patterns of at most %d characters, without braces", maxPattern)
		}
	}
	selected, err := hooks.Select(m.Net.Graph.Graph, patterns)
	if err != nil {
		return nil, failure{http.StatusBadRequest, err}
	}
	return selected, nil
}
