package serve

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/render"
)

// imagesHandler answers a request about the images of its body.
type imagesHandler func(w http.ResponseWriter, r *http.Request, m *Model, images []*nets.Image) error

// ofImages makes the handler of a path that takes images, and parameters of these names in its query.
func (s *Server) ofImages(handle imagesHandler, query ...string) http.Handler {
	bounded := s.Bounded(func(w http.ResponseWriter, r *http.Request, body []byte) error {
		m, err := s.model(r)
		if err != nil {
			return err
		}
		all, err := images(r, body)
		if err != nil {
			return err
		}
		s.metrics.images.WithLabelValues(m.Name).Observe(float64(len(all)))
		return handle(w, r, m, all)
	})
	return s.checked(func(w http.ResponseWriter, r *http.Request) error { // before the body is read
		if _, err := s.model(r); err != nil {
			return err
		}
		if err := checkQuery(r, query); err != nil {
			return err
		}
		if err := checkType(r, false, "image/", "application/octet-stream", "multipart/form-data"); err != nil {
			return err
		}
		bounded.ServeHTTP(w, r)
		return nil
	})
}

// checkQuery refuses parameters that do nothing, and those of one value that are given twice.
func checkQuery(r *http.Request, known []string) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return Failf(http.StatusBadRequest, "the query can't be read: %w", err)
	}
	for name, values := range query {
		if !slices.Contains(known, name) {
			return Failf(http.StatusBadRequest, "no parameter %q is known here, only %q", name, known)
		}
		if len(values) > 1 {
			return Failf(http.StatusBadRequest, "parameter %q is given %d times", name, len(values))
		}
	}
	return nil
}

// top is how many labels are wanted of an image; 0 is all.
func top(r *http.Request, images int) (int, error) {
	text := r.URL.Query().Get("top")
	switch {
	case text == "" && images == 1:
		return 5, nil
	case text == "":
		return 1, nil
	case text == "all":
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, Failf(http.StatusBadRequest, "top=%s: want 1 or more, or all", text)
	}
	return n, nil
}

// classify answers what `resnet classify --format json` writes of the same images.
func (s *Server) classify(w http.ResponseWriter, r *http.Request, m *Model, images []*nets.Image) error {
	p, err := m.predictor()
	if err != nil {
		return err
	}
	n, err := top(r, len(images))
	if err != nil {
		return err
	}
	results := make([]render.Classified, len(images))
	var watch []nets.Watch
	if m.Familiar != nil {
		watch = append(watch, m.Familiar.Watch)
	}
	if err := s.eachImage(r.Context(), images, func(ctx context.Context, i int) error {
		seen, err := s.see(ctx, m, images[i], watch...)
		if err != nil {
			return err
		}
		results[i] = render.NewClassified(images[i].Name, seen.Crop.Steps.Decoded, p.Top(seen.Logits.Data, 0), n)
		if m.Familiar != nil {
			results[i].Compare(m.Familiar.Distance(seen.Watched[0].Data), m.Familiar.Far)
		}
		return nil
	}, func(i int, err *render.ImageError) { results[i] = render.Classified{File: images[i].Name, Err: err} }); err != nil {
		return err
	}
	head := render.ClassifyHead{
		Arch: p.Net.Arch.Name, Source: p.Net.Source.Name, SHA256: p.Net.SHA256, Preprocess: p.Preprocess, Top: n, Many: len(images) > 1,
	}
	var out bytes.Buffer
	writer, err := render.NewClassifyWriter(&out, "json", head, render.Look{})
	if err != nil {
		return err
	}
	for _, result := range results {
		if err := writer.Result(result); err != nil {
			return err
		}
	}
	if err := writer.Close(); err != nil {
		return err
	}
	writeBytes(w, http.StatusOK, "application/json", out.Bytes())
	return nil
}

// see waits for a core, and decodes and computes one image there.
func (s *Server) see(ctx context.Context, m *Model, im *nets.Image, watch ...nets.Watch) (*nets.Seen, error) {
	var crop *imaging.Crop
	output, err := s.predict(ctx, m, func(ctx context.Context) (_ func([]float32), err error) {
		crop, err = s.decode(ctx, m, im, m.Predictor.Preprocess)
		return func(row []float32) { m.Predictor.Preprocess.Normalize(row, crop.Image) }, err
	}, watch...)
	if err != nil {
		return nil, err
	}
	return &nets.Seen{Crop: crop, Output: output}, nil
}

func (s *Server) decode(ctx context.Context, m *Model, im *nets.Image, p imaging.Preprocess) (*imaging.Crop, error) {
	defer s.metrics.stage(m, "decode", time.Now())
	return s.config.Decoding.Load(ctx, im, p)
}

// eachImage works on images at a time. What is wrong with one of several is told to report, and the others go on; where
// all are wrong it is the request's error.
func (s *Server) eachImage(ctx context.Context, images []*nets.Image, work func(context.Context, int) error, report func(int, *render.ImageError)) error {
	errs := make([]error, len(images))
	if err := s.each(ctx, len(images), func(ctx context.Context, i int) error {
		err := work(ctx, i)
		if isImageError(err) && imaging.ClassOf(err) != imaging.Timeout {
			errs[i], err = err, nil
		}
		return err
	}); err != nil {
		return err
	}
	if !slices.Contains(errs, nil) {
		return errs[0]
	}
	for i, err := range errs {
		if err != nil {
			s.metrics.failed(err)
			report(i, &render.ImageError{Class: string(imaging.ClassOf(err)), Message: err.Error()})
		}
	}
	return nil
}
