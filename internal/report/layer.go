package report

import (
	"fmt"
	"html/template"
	"io"

	"resnet/internal/anatomy"
	"resnet/internal/draw"
	"resnet/internal/imaging"
	"resnet/internal/labels"
)

// FeatureMaps are channels of what a layer puts out.
type FeatureMaps struct {
	Channels      []int // those that are here
	Of            int   // all channels
	Height, Width int
	Values        []float32 // (len(Channels), Height, Width)
}

// Layer is what is shown of a layer that somebody looks at. What is nil is not shown.
type Layer struct {
	Path    string
	Random  bool
	Facts   string
	Order   string       // how channels are chosen, in words
	Maps    *FeatureMaps // what it puts out
	Streams *anatomy.Streams
	Kernels *Kernels
	Answers []labels.Prediction
	Field   *anatomy.Field
	Crop    *imaging.Crop
}

// field is what a place of the layer's output sees of the crop.
type field struct {
	anatomy.Field
	Height, Width int // of the crop
	Words         string
}

func newField(f anatomy.Field, crop *imaging.Crop) *field {
	out := &field{Field: f, Height: crop.Height, Width: crop.Width, Words: "each place sees all of the photo"}
	if !f.Whole {
		out.Words = fmt.Sprintf("each place sees %d×%d pixels", f.Size, f.Size)
	}
	return out
}

// Write writes it as a part of a page.
func (l *Layer) Write(w io.Writer) error {
	view := struct {
		Badge, Facts string
		Streams      *streams
		Kernels      *kernels
		Answers      []answer
		Field        *field
		Crop         template.URL
	}{Facts: clean(l.Facts)}
	if l.Random {
		view.Badge = "random weights"
	}
	var grids streams
	var err error
	switch {
	case l.Streams != nil:
		grids, err = newStreams(*l.Streams, l.Order)
		view.Streams = &grids
	case l.Maps != nil:
		grids, err = newGrids(l.Path, *l.Maps, l.Order, plane{"output", "", l.Maps.Values})
		view.Streams = &grids
	}
	if err != nil {
		return err
	}
	if l.Kernels != nil {
		if view.Kernels, err = newKernels(l.Kernels); err != nil {
			return err
		}
	}
	for _, p := range l.Answers {
		view.Answers = append(view.Answers, newAnswer(p))
	}
	if l.Field != nil {
		view.Field = newField(*l.Field, l.Crop)
		if view.Crop, err = draw.DataURL(draw.Picture(l.Crop.Image)); err != nil {
			return err
		}
	}
	return templates().ExecuteTemplate(w, "layer", view)
}

// WriteNetwork writes figure, table and totals as a part of a page.
func (r *Report) WriteNetwork(w io.Writer) error {
	p := r.page()
	if err := r.figure(&p); err != nil {
		return err
	}
	return templates().ExecuteTemplate(w, "trace", p)
}

// WriteCard writes a photo with its labels as a part of a page.
func (p *Photo) WriteCard(w io.Writer) error {
	view, err := newPhoto("", p)
	if err != nil {
		return err
	}
	return templates().ExecuteTemplate(w, "card", view)
}
