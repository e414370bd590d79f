package nets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"resnet/internal/engine"
	"resnet/internal/graph"
	"resnet/internal/imaging"
	"resnet/internal/quant"
	"resnet/internal/tensor"
)

// Precisions of the products of a network.
const (
	Float32 = "float32"
	Int8    = "int8"
)

// PrecisionError is a network that was asked for in bytes, and whose weights are floats.
type PrecisionError struct{ Weights string }

func (e *PrecisionError) Error() string { return e.Weights + " is not quantized" }

// int8Layers are the layers that the network is computed in bytes with; nil where it is computed in floats.
func (n *Net) int8Layers(precision string) (engine.Int8, error) {
	switch {
	case precision == Float32:
		return nil, nil
	case n.Quantized():
		layers, err := quant.Layers(n.file, n.Graph.Graph)
		if err != nil {
			return nil, &WeightsError{n.Source.Name, err}
		}
		return layers, nil
	case precision == Int8 && n.Source != nil:
		return nil, &PrecisionError{n.WeightsWords()}
	case precision == Int8:
		return nil, &PrecisionError{"a network of random weights"}
	}
	return nil, nil
}

// Quantization says how a network is quantized.
type Quantization struct {
	Method  string   // of quant.MethodNames: how a range of values is chosen
	Bits    int      // of the weights: 7 or 8
	Keep    []string // paths of layers that stay as they are
	Compute Compute
}

// Quantizer quantizes a network: it sees all photos once, and after Again once more. The caller closes it.
type Quantizer struct {
	Preprocess imaging.Preprocess

	net         *Net
	how         Quantization
	calibration *quant.Calibration
	runner      *Runner
	session     *Session
	photos      []byte // digests
	count       int
}

// Quantizer prepares the quantization of the network, which has weights.
func (n *Net) Quantizer(ctx context.Context, q Quantization) (*Quantizer, error) {
	if n.Quantized() {
		return nil, fmt.Errorf("%s is quantized already", n.WeightsWords())
	}
	keep := map[string]bool{}
	for _, path := range q.Keep {
		known := slices.ContainsFunc(n.Graph.Calls, func(c graph.Call) bool { return c.Path == path && c.Kind().Weighted() })
		if !known {
			return nil, fmt.Errorf("%s has no convolution and no fully connected layer %q to keep", n.Arch.Name, path)
		}
		keep[path] = true
	}
	preprocess, err := n.Preprocess()
	if err != nil {
		return nil, err
	}
	c := quant.NewCalibration(n.Graph.Graph, keep)
	runner, err := n.Runner(q.Compute)
	if err != nil {
		return nil, err
	}
	crop := preprocess.Crop.Square()
	session, err := runner.Session(ctx, tensor.Shape{1, n.Graph.Channels(n.Graph.Input()), crop.Height, crop.Width}, c.Hooks())
	if err != nil {
		runner.Close()
		return nil, err
	}
	return &Quantizer{Preprocess: preprocess, net: n, how: q, calibration: c, runner: runner, session: session}, nil
}

// Close ends its threads.
func (q *Quantizer) Close() { q.runner.Close() }

// Photo is a photo as the network sees it, and its digest.
type Photo struct {
	crop   *imaging.Crop
	digest [sha256.Size]byte
}

// Photo decodes a photo; several goroutines may do so.
func (q *Quantizer) Photo(ctx context.Context, im *Image, d Decoding) (*Photo, error) {
	crop, err := d.Load(ctx, im, q.Preprocess)
	if err != nil {
		return nil, err
	}
	digest, err := im.SHA256()
	if err != nil {
		return nil, err
	}
	return &Photo{crop, digest}, nil
}

// See computes a photo and notes how large the values become.
func (q *Quantizer) See(ctx context.Context, p *Photo) error {
	input := q.session.Input()
	q.Preprocess.Normalize(input.Data, p.crop.Image)
	q.calibration.Input(input)
	q.photos = append(q.photos, p.digest[:]...)
	q.count++
	_, err := q.session.Run(ctx, input)
	return err
}

// Again begins the second look.
func (q *Quantizer) Again() {
	q.photos, q.count = nil, 0
	q.calibration.Again()
}

// Write writes the quantized network, with its recipe in the metadata.
func (q *Quantizer) Write(ctx context.Context, path string) (layers int, err error) {
	list, err := q.calibration.Layers(q.net.Weights, quant.MethodOf(q.how.Method), q.how.Bits)
	if err != nil {
		return 0, err
	}
	source, err := q.net.SHA256()
	if err != nil {
		return 0, err
	}
	photos := sha256.Sum256(q.photos)
	recipe := quant.Recipe{
		Method: q.how.Method, Bits: q.how.Bits, Keep: q.how.Keep, Photos: q.count, PhotosSHA256: hex.EncodeToString(photos[:]),
		Source: q.net.Source.Name, SourceSHA256: source,
	}
	metadata, err := q.net.Metadata(ctx, false)
	if err != nil {
		return 0, err
	}
	maps.Copy(metadata, recipe.Metadata())
	return len(list), quant.Write(ctx, path, q.net.Graph.Graph, q.net.Weights, list, metadata)
}
