package page

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"resnet/internal/draw"
	"resnet/internal/hooks"
	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/report"
	"resnet/internal/serve"
	"resnet/internal/tensor"
)

// part writes a part of a page.
type part func(io.Writer) error

func writeJSON(w http.ResponseWriter, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // of plain structures
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text)
}

// seen is a photo as a model sees it.
type seen struct {
	*imaging.Crop
	preprocess imaging.Preprocess
	input      tensor.Tensor
}

// see decodes a photo.
func (p *page) see(ctx context.Context, m *serve.Model, photo *nets.Image) (*seen, error) {
	preprocess, err := m.Net.Preprocess()
	if m.Predictor != nil {
		preprocess = m.Predictor.Preprocess
	}
	if err != nil {
		return nil, err
	}
	crop, err := p.server.Decoding().Load(ctx, photo, preprocess)
	if err != nil {
		return nil, err
	}
	return &seen{crop, preprocess, preprocess.Tensor(crop.Image)}, nil
}

// classify shows a photo with the labels that the model gives it, and where it sees them.
func (p *page) classify(ctx context.Context, m *serve.Model, photo *nets.Image, _ url.Values) (part, error) {
	seen, err := p.see(ctx, m, photo)
	if err != nil {
		return nil, err
	}
	whole, err := p.server.Decoding().Quiet().Load(ctx, photo, draw.Thumbnail(seen.Steps.Decoded, 2*report.Side))
	if err != nil {
		return nil, err
	}
	view := &report.Photo{Name: photo.Name, Whole: whole.Image, Crop: seen.Crop, Preprocess: seen.preprocess}
	if m.Predictor == nil {
		view.Notes = append(view.Notes, caution(m))
		return view.WriteCard, nil
	}
	return view.WriteCard, p.answer(ctx, m, seen, view)
}

// caution is what to know of a model without weights.
func caution(m *serve.Model) string {
	set, builtin := m.Net.Set()
	return report.Random(m.Runner.Weights, set, builtin)
}

// answer adds the five most probable labels, with their maps where the network has them.
func (p *page) answer(ctx context.Context, m *serve.Model, seen *seen, view *report.Photo) error {
	if err := m.Net.CheckClassifier(); err != nil {
		view.Notes = append(view.Notes, err.Error())
		return nil
	}
	camera, err := p.camera(m)
	if err != nil {
		view.Notes = append(view.Notes, err.Error())
	}
	var watch []nets.Watch
	if camera != nil {
		watch = append(watch, camera.Watch())
	}
	output, err := m.Predictor.Crop(ctx, seen.Crop, watch...)
	if err != nil {
		return err
	}
	for _, prediction := range m.Predictor.Top(output.Logits.Data, 5) {
		answer := report.Answer{Prediction: prediction}
		if camera != nil {
			one := camera.Map(output.Watched[0], prediction.Index)
			answer.Map = &one
		}
		view.Answers = append(view.Answers, answer)
	}
	if camera != nil {
		view.Notes = append(view.Notes, report.MapNote(output.Watched[0].Shape, camera.Head))
	}
	return nil
}

// camera makes a model's maps, or is an error that says why there are none.
func (p *page) camera(m *serve.Model) (*nets.Camera, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.cameras[m.Name]; c != nil {
		return c, nil
	}
	c, err := m.Predictor.Camera("")
	if err == nil {
		p.cameras[m.Name] = c
	}
	return c, err
}

// trace shows the network and its layers, with the times and values of a photo's pass.
func (p *page) trace(ctx context.Context, m *serve.Model, photo *nets.Image, _ url.Values) (part, error) {
	seen, err := p.see(ctx, m, photo)
	if err != nil {
		return nil, err
	}
	layers, err := m.Net.Graph.Layers(seen.input.Shape)
	if err != nil {
		return nil, err
	}
	timed, err := m.Runner.Record(ctx, seen.input, nets.Recording{Time: true})
	if err != nil {
		return nil, err
	}
	t := &render.Trace{
		Pass: render.Pass{
			Head: render.Head{
				Spec: m.Net.Arch.Spec, Input: seen.input.Shape, Source: photo.Name, Assumed: m.Net.AssumedPixels(), Weights: m.Runner.Weights,
			},
			Graph: m.Net.Graph, All: timed.Events,
		},
		Rows: "layers", Columns: append(append(render.InitialColumns("layers", layers), "time"), render.StatColumns...),
		PeakActivations: timed.Memory,
	}
	outputs := make([]bool, len(t.All))
	for _, i := range t.Outputs() {
		outputs[i] = true
	}
	recorded, err := m.Runner.Record(ctx, seen.input, nets.Recording{Stats: outputs})
	if err != nil {
		return nil, err
	}
	for i, e := range recorded.Events {
		t.All[i].Stats = e.Stats
	}
	return (&report.Report{Trace: t, Blocks: true}).WriteNetwork, nil
}

// rowOf is the call that a row of the table begins with and the one whose output the row has, by the row's path.
func rowOf(m *serve.Model, input tensor.Shape, path string) (first, last int, err error) {
	layers, err := m.Net.Graph.Layers(input)
	if err != nil {
		return 0, 0, err
	}
	t := &render.Trace{Pass: render.Pass{Graph: m.Net.Graph, All: hooks.Records(layers)}, Rows: "layers"}
	outputs := t.Outputs()
	for i, sum := range t.Sums() {
		if sum.Path == path {
			for first = outputs[i]; t.All[first].Path != path; first-- {
			}
			return first, outputs[i], nil
		}
	}
	return 0, 0, serve.Failf(http.StatusNotFound, "there is no layer %s", path)
}

// blockOf is the path of the block that an add ends.
func blockOf(path string) string { return path[:max(0, strings.LastIndexByte(path, '.'))] }
