package serve

import (
	"bytes"
	"context"
	"net/http"
	"slices"

	"resnet/internal/graph"
	"resnet/internal/nets"
	"resnet/internal/render"
)

// lastPool is the layer that features are of unless another is asked for.
const lastPool = "avgpool"

// features answers with the vectors that `resnet features` writes of the same images.
func (s *Server) features(w http.ResponseWriter, r *http.Request, m *Model, images []*nets.Image) error {
	p, err := m.predictor()
	if err != nil {
		return err
	}
	layer := r.URL.Query().Get("layer")
	if layer == "" {
		layer = lastPool
	}
	if !slices.ContainsFunc(p.Net.Graph.Calls, func(c graph.Call) bool { return c.Path == layer }) {
		return Failf(http.StatusBadRequest, "layer %.100q: there is none of that path", layer)
	}
	watch := nets.Watch{Layer: "=" + layer, Mean: true}
	results := make([]render.FeaturesOf, len(images))
	if err := s.eachImage(r.Context(), images, func(ctx context.Context, i int) error {
		seen, err := s.see(ctx, m, images[i], watch)
		if err == nil {
			results[i] = render.FeaturesOf{File: images[i].Name, Vector: seen.Watched[0].Data}
		}
		return err
	}, func(i int, err *render.ImageError) { results[i] = render.FeaturesOf{File: images[i].Name, Err: err} }); err != nil {
		return err
	}
	digest, err := p.Net.SHA256()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := render.WriteFeatures(&out, render.Features{
		Arch: p.Net.Arch.Name, Source: p.Net.Source.Name, SHA256: digest, Preprocess: p.Preprocess, Layer: layer, Results: results,
	}); err != nil {
		return err
	}
	writeBytes(w, http.StatusOK, "application/json", out.Bytes())
	return nil
}
