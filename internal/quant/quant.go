// Package quant knows how a file holds a quantized network: beside each weight of bytes, symmetric in each output channel,
// stand the scales, and what the bytes of its input, of what is added to it and of its output stand for. Batch norms are
// folded into the weights, and stand in the file as those that add a shift alone: dequantized, the file is an ordinary
// checkpoint of the same network.
package quant

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"

	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// The names of the tensors beside a layer's weight.
const (
	weightSuffix = ".weight"
	scaleSuffix  = ".weight_scale"
)

// values names what stands for the bytes of a value, before _scale and _zero_point.
var values = []string{"input", "residual", "output"}

// beside tells whether a tensor belongs to the weight of a layer, and to which.
func beside(name string) (path string, ok bool) {
	if path, ok = strings.CutSuffix(name, scaleSuffix); ok {
		return path, true
	}
	for _, v := range values {
		for _, suffix := range []string{"_scale", "_zero_point"} {
			if path, ok = strings.CutSuffix(name, "."+v+suffix); ok {
				return path, true
			}
		}
	}
	return "", false
}

// quantized tells whether a layer's weight is bytes with scales.
func quantized(w graph.Weights, path string) bool {
	info, ok := w.Info(path + weightSuffix)
	_, scaled := w.Info(path + scaleSuffix)
	return ok && scaled && info.DType == tensor.Int8
}

// Is tells whether a file holds a quantized network.
func Is(w graph.Weights) bool {
	for _, name := range w.Names() {
		if path, ok := strings.CutSuffix(name, scaleSuffix); ok && quantized(w, path) {
			return true
		}
	}
	return false
}

// Metadata keys of a quantized file: how it was made.
const (
	methodKey = "quantization.method"
	bitsKey   = "quantization.bits"
	photosKey = "quantization.photos"
)

// RecipeOf is the part of a file's metadata that says how it was quantized.
func RecipeOf(metadata map[string]string) map[string]string {
	recipe := maps.Clone(metadata)
	maps.DeleteFunc(recipe, func(key, _ string) bool { return !strings.HasPrefix(key, "quantization.") })
	return recipe
}

// Words say how a quantized file was made, from its metadata.
func Words(metadata map[string]string) string {
	method, bits, photos := metadata[methodKey], metadata[bitsKey], metadata[photosKey]
	if method == "" || bits == "" || photos == "" {
		return "int8"
	}
	return fmt.Sprintf("int8: %s of %s photos, weights of %s bits", method, photos, bits)
}

// Recipe is how a quantized file was made.
type Recipe struct {
	Method       string
	Bits, Photos int
	PhotosSHA256 string // of the photos' digests, one behind the other
	Source       string
	SourceSHA256 string
	Keep         []string // layers that were left as they are
}

// Metadata is the recipe as it stands in the file.
func (r Recipe) Metadata() map[string]string {
	return map[string]string{
		"format":                     "pt",
		methodKey:                    r.Method,
		bitsKey:                      strconv.Itoa(r.Bits),
		photosKey:                    strconv.Itoa(r.Photos),
		"quantization.photos_sha256": r.PhotosSHA256,
		"quantization.source":        r.Source,
		"quantization.source_sha256": r.SourceSHA256,
		"quantization.keep":          strings.Join(r.Keep, ","),
	}
}

// View shows the tensors of a quantized network as floats, and nothing of what stands beside them; other files as they
// are.
func View(w graph.Weights) graph.Weights {
	if !Is(w) {
		return w
	}
	v := &view{Weights: w}
	for _, name := range w.Names() {
		if path, ok := beside(name); !ok || !quantized(w, path) {
			v.names = append(v.names, name)
		}
	}
	return v
}

type view struct {
	graph.Weights
	names []string
}

func (v *view) Names() []string { return v.names }

func (v *view) Info(name string) (tensor.Info, bool) {
	info, ok := v.Weights.Info(name)
	if path, weight := strings.CutSuffix(name, weightSuffix); weight && quantized(v.Weights, path) {
		info.DType = tensor.Float32
	}
	return info, ok
}

// Read gives the weights' real numbers.
func (v *view) Read(name string, dst []float32) error {
	if err := v.Weights.Read(name, dst); err != nil {
		return err
	}
	path, weight := strings.CutSuffix(name, weightSuffix)
	if !weight || !quantized(v.Weights, path) {
		return nil
	}
	scales, err := readScales(v.Weights, path)
	if err != nil {
		return err
	}
	each := len(dst) / len(scales)
	for i := range dst {
		dst[i] *= scales[i/each]
	}
	return nil
}

// Layers gives the layers of a quantized network under the graph's own names, where the file has them with a prefix before
// all; all that is wrong comes back as one joined error.
func Layers(w graph.Weights, g *graph.Graph) (engine.Int8, error) {
	layers := engine.Int8{}
	var errs []error
	for _, one := range engine.Int8Groups(g) {
		path := g.Calls[one.Layer].Path
		if !quantized(w, path) {
			continue
		}
		l, err := readLayer(w, path)
		if err != nil {
			errs = append(errs, err)
		}
		layers[path] = l
	}
	return layers, errors.Join(errs...)
}

func readLayer(w graph.Weights, path string) (l engine.Int8Layer, err error) {
	l.Read = func(dst []int8) error { return readBytes(w, path+weightSuffix, dst) }
	if l.Scale, err = readScales(w, path); err != nil {
		return l, err
	}
	for i, into := range []*ops.Int8Param{&l.Input, &l.Residual, &l.Output} {
		if *into, err = readParam(w, path+"."+values[i]); err != nil {
			return l, err
		}
	}
	if l.Input.Scale == 0 {
		return l, fmt.Errorf("tensor %q is missing", path+".input_scale")
	}
	return l, nil
}

// readScales reads the scales of a weight, one for each output channel.
func readScales(w graph.Weights, path string) ([]float32, error) {
	name := path + scaleSuffix
	weight, _ := w.Info(path + weightSuffix)
	info, _ := w.Info(name)
	if len(weight.Shape) == 0 || !info.Shape.Equal(tensor.Shape{weight.Shape[0]}) {
		return nil, fmt.Errorf("tensor %q: shape %v, want one scale for each output channel of %v", name, info.Shape, weight.Shape)
	}
	scales := make([]float32, info.Shape.Elements())
	if err := w.Read(name, scales); err != nil {
		return nil, err
	}
	for _, s := range scales {
		if err := checkScale(name, s); err != nil {
			return nil, err
		}
	}
	return scales, nil
}

// checkScale wants a scale whose inverse is a number too.
func checkScale(name string, s float32) error {
	if !(s > 0) || math.IsInf(float64(s), 0) || math.IsInf(float64(1/s), 0) {
		return fmt.Errorf("tensor %q: a scale of %g, want a positive number", name, s)
	}
	return nil
}

// readParam reads the scale and zero point of a value; a scale of zero where there are none.
func readParam(w graph.Weights, name string) (p ops.Int8Param, err error) {
	var scale, zero [1]float32
	for suffix, into := range map[string][]float32{"_scale": scale[:], "_zero_point": zero[:]} {
		info, ok := w.Info(name + suffix)
		if !ok {
			return p, nil
		}
		if info.Shape.Elements() != 1 {
			return p, fmt.Errorf("tensor %q: shape %v, want one number", name+suffix, info.Shape)
		}
		if err := w.Read(name+suffix, into); err != nil {
			return p, err
		}
	}
	if err := checkScale(name+"_scale", scale[0]); err != nil {
		return p, err
	}
	if z := zero[0]; z != float32(uint8(max(0, min(z, 255)))) {
		return p, fmt.Errorf("tensor %q: a zero point of %g, want a byte", name+"_zero_point", z)
	}
	return ops.Int8Param{Scale: scale[0], Zero: uint8(zero[0])}, nil
}

// byteFloats are bytes as Weights gives them, kept for the next layer: they would be most of what opening a file takes.
var byteFloats tensor.Buffers[float32]

func readBytes(w graph.Weights, name string, dst []int8) error {
	floats, release := byteFloats.Get(len(dst)) // exact
	defer release()
	if err := w.Read(name, floats); err != nil {
		return err
	}
	for i, v := range floats {
		dst[i] = int8(v)
	}
	return nil
}
