package config

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"

	"resnet/internal/imaging"
	"resnet/internal/model"
)

// file is a network's YAML: its fields are the keys. Decoding on top of a filled file is what extends does: maps merge key
// by key, lists and values replace.
type file struct {
	Name        string
	Description string
	Spec        model.Spec
	Input       []int
	Labels      string
	Weights     string
	Preprocess  preprocess
}

type preprocess struct {
	Resize        []int // the shorter side; or height and width
	Crop          []int // one number for both sides; or height and width
	Interpolation string
	Mean, Std     []float64
	Order         string // rgb or bgr
	Range         int    // 1 or 255
}

// wordNone is said of class names that there are none of.
const wordNone = "none"

func defaults() file {
	spec := model.Spec{Stem: model.Stem{Pool: &model.StemPool{Kernel: 3, Stride: 2, Padding: 1}}}.Default()
	// What depends on the number of layers is filled in once that is known.
	spec.Planes, spec.Strides, spec.ReplaceStrideWithDilation = nil, nil, nil
	return file{Spec: spec, Labels: "imagenet"}
}

// fields says which key goes where; looks at a glance like the file itself.
func (f *file) fields() fields {
	s := &f.Spec
	return fields{
		"extends":         func(*decoder, string, *yaml.Node) {}, // it was read before all others
		"description":     text(&f.Description),
		"block":           text(&s.Block),
		"layers":          list(&s.Layers, "[3, 4, 6, 3]", wholeNumber),
		"planes":          list(&s.Planes, "[64, 128, 256, 512]", wholeNumber),
		"strides":         list(&s.Strides, "[1, 2, 2, 2]", wholeNumber),
		"stride_in":       text(&s.StrideIn),
		"shortcut":        text(&s.Shortcut),
		"aa":              text(&s.AA),
		"padding":         text(&s.Padding),
		"pad":             inside(fields{"zeros": text(&s.Pad.Zeros), "pool": text(&s.Pad.Pool)}),
		"groups":          wholeNumber(&s.Groups),
		"width_per_group": wholeNumber(&s.WidthPerGroup),

		"projection_kernel":            wholeNumber(&s.ProjectionKernel),
		"replace_stride_with_dilation": list(&s.ReplaceStrideWithDilation, "[false, true, true]", boolean),

		"stem": inside(fields{
			"conv": stemConvs(&s.Stem.Convs),
			"pool": stemPool(&s.Stem.Pool),
		}),
		"classifier":  text(&s.Classifier),
		"head":        list(&s.Head, "[512]", wholeNumber),
		"num_classes": wholeNumber(&s.NumClasses),
		"input":       list(&f.Input, "[3, 224, 224]", wholeNumber),
		"labels":      source(&f.Labels, "; where the classes have no names, write "+wordNone),
		"weights":     source(&f.Weights, ""),
		"preprocess": inside(fields{
			"resize":        oneOrList(&f.Preprocess.Resize),
			"crop":          oneOrList(&f.Preprocess.Crop),
			"interpolation": text(&f.Preprocess.Interpolation),
			"mean":          list(&f.Preprocess.Mean, "[0.485, 0.456, 0.406]", number),
			"std":           list(&f.Preprocess.Std, "[0.229, 0.224, 0.225]", number),
			"order":         text(&f.Preprocess.Order),
			"range":         wholeNumber(&f.Preprocess.Range),
		}),
	}
}

func convFields(c *model.StemConv) field {
	return inside(fields{
		"kernel": wholeNumber(&c.Kernel), "planes": wholeNumber(&c.Planes), "stride": wholeNumber(&c.Stride), "padding": wholeNumber(&c.Padding),
	})
}

// stemConvs is one convolution, or a list of them that replaces what was there.
func stemConvs(dst *[]model.StemConv) field {
	return func(d *decoder, key string, n *yaml.Node) {
		if n.Kind == yaml.SequenceNode {
			list(dst, "[{kernel: 3, stride: 2}, {kernel: 3}]", func(c *model.StemConv) field {
				*c = model.StemConv{Kernel: 3, Stride: 1, Padding: 1}
				return convFields(c)
			})(d, key, n)
			return
		}
		conv := slices.Clone((*dst)[:1])
		convFields(&conv[0])(d, key, n)
		*dst = conv
	}
}

// stemPool is a max pool, or none.
func stemPool(dst **model.StemPool) field {
	return func(d *decoder, key string, n *yaml.Node) {
		if n.Kind == yaml.ScalarNode {
			if n.Value != "none" {
				d.fail(n, key, "want none, or {kernel: 3, stride: 2, padding: 1}; found %s", describe(n))
			}
			*dst = nil
			return
		}
		pool := model.StemPool{Kernel: 3, Stride: 2, Padding: 1}
		if *dst != nil {
			pool = **dst
		}
		d.mapping(key, n, fields{
			"kernel": wholeNumber(&pool.Kernel), "stride": wholeNumber(&pool.Stride), "padding": wholeNumber(&pool.Padding),
		})
		*dst = &pool
	}
}

// oneOrList is a list of numbers, or one number.
func oneOrList(dst *[]int) field {
	return func(d *decoder, key string, n *yaml.Node) {
		if n.Kind == yaml.SequenceNode {
			list(dst, "[224, 224]", wholeNumber)(d, key, n)
			return
		}
		var v int
		wholeNumber(&v)(d, key, n)
		*dst = []int{v}
	}
}

// arch turns what was read into a network, and checks what only the file knows.
func (f file) arch(d *decoder) *Arch {
	spec := f.Spec.Clone()
	spec.Name = f.Name
	if f.Input != nil {
		if len(f.Input) != 3 {
			d.failAt("input", "%d numbers, want [channels, height, width]", len(f.Input))
		} else {
			spec.Input = [3]int(f.Input)
		}
	}
	return &Arch{
		Name:        f.Name,
		Description: f.Description,
		Spec:        spec.DefaultLists(),
		Preprocess:  f.Preprocess.plan(d, spec.Input),
		Labels:      f.Labels,
		Weights:     f.Weights,
	}
}

// plan fills in what is left out: the crop is the network's input, the resize 8/7 of it as for ImageNet's 256 and 224.
func (p preprocess) plan(d *decoder, input [3]int) imaging.Preprocess {
	out := imaging.ImageNet
	out.Crop = d.size("preprocess.crop", p.Crop, imaging.Size{Height: input[1], Width: input[2]})
	if input[1] == input[2] && p.Crop == nil {
		out.Crop = imaging.Single(input[1])
	}
	out.Resize = d.size("preprocess.resize", p.Resize, imaging.Single(min(input[1], input[2])*8/7))
	if p.Interpolation != "" || d.nodes["preprocess.interpolation"] != nil {
		var err error
		if out.Interpolation, err = imaging.ParseInterpolation(p.Interpolation); err != nil {
			d.failAt("preprocess.interpolation", "%v", err)
		}
	}
	channels(d, "preprocess.mean", p.Mean, &out.Mean, false, input[0])
	channels(d, "preprocess.std", p.Std, &out.Std, true, input[0])
	switch {
	case p.Order == imaging.OrderBGR:
		out.Order = p.Order
	case p.Order != imaging.OrderRGB && (p.Order != "" || d.nodes["preprocess.order"] != nil):
		d.failAt("preprocess.order", "%q is neither %s nor %s", p.Order, imaging.OrderRGB, imaging.OrderBGR)
	}
	switch {
	case p.Range == 255:
		out.Range = p.Range
	case p.Range != 1 && (p.Range != 0 || d.nodes["preprocess.range"] != nil):
		d.failAt("preprocess.range", "%d is neither 1 nor 255", p.Range)
	}
	if input[0] == 1 {
		return out.OneChannel()
	}
	return out
}

// size is one number, or height and width.
func (d *decoder) size(key string, values []int, missing imaging.Size) imaging.Size {
	for i, n := range values {
		if n < 1 || n > model.MaxInput {
			d.failAt(fmt.Sprintf("%s[%d]", key, i), "%d is not between 1 and %d", n, model.MaxInput)
		}
	}
	if len(values) == 0 && d.nodes[key] == nil {
		return missing
	}
	switch len(values) {
	case 1:
		return imaging.Single(values[0])
	case 2:
		return imaging.Size{Height: values[0], Width: values[1]}
	}
	d.failAt(key, "%d numbers, want one, or [height, width]", len(values))
	return missing
}

// channels takes a number for each of red, green and blue, or one where the network sees gray.
func channels(d *decoder, key string, values []float64, dst *[3]float32, positive bool, inputs int) {
	own := d.nodes[key] != nil
	switch {
	case values == nil:
		return
	case d.partly && len(values) != 3: // whether the network sees gray may not be known
		return
	case own && inputs != 1 && inputs != 3:
		d.failAt(key, "a network of %d channels sees no photos, which have 3 or, in gray, 1: leave it out", inputs)
		return
	case inputs == 1 && own && len(values) != 1:
		d.failAt(key, "%d numbers, want 1: the network sees gray", len(values))
		return
	case len(values) == 1 && (inputs == 1 || !own):
		values = []float64{values[0], values[0], values[0]}
	case len(values) != 3:
		d.failAt(key, "%d numbers, want 3: red, green, blue", len(values))
		return
	}
	lowest := -imaging.MaxValue
	if positive {
		lowest = imaging.MinStd
	}
	for i, v := range values {
		if !(v >= lowest && v <= imaging.MaxValue) {
			d.failAt(fmt.Sprintf("%s[%d]", key, i), "%v is not between %v and %v", v, lowest, imaging.MaxValue)
		}
		dst[i] = float32(v)
	}
}
