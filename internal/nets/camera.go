package nets

import (
	"fmt"

	"resnet/internal/cam"
	"resnet/internal/graph"
	"resnet/internal/nearest"
	"resnet/internal/tensor"
)

// Camera makes maps of where a network sees something in an image, beside its predictions.
type Camera struct {
	Head  *cam.Head
	Layer string       // whose strength is shown; "" for the last map before the head, of which each class has its own
	Exact bool         // the map is the last one: it is of a class
	Shape tensor.Shape // of the feature map of one image: (1, channels, height, width)

	watch Watch
}

// LayerError is a layer that there is no map of.
type LayerError struct{ Layer, Reason string }

func (e *LayerError) Error() string { return e.Layer + ": " + e.Reason }

// Camera makes a camera for a layer, "" for the last map; it is a *LayerError where the layer has none.
func (p *Predictor) Camera(layer string) (*Camera, error) {
	g := p.Net.Graph.Graph
	head, err := cam.FindHead(g, p.Net.Weights)
	if err != nil {
		return nil, err
	}
	shapes, err := g.Shapes(p.Input)
	if err != nil {
		return nil, err
	}
	last := lastCall(g, head.Pool).Inputs[0]
	if layer == "" {
		return &Camera{Head: head, Exact: true, Shape: shapes[last], watch: Watch{Layer: "=" + head.Pool, Input: true}}, nil
	}
	call := lastCall(g, layer)
	if call == nil {
		var paths []string
		for _, call := range g.Calls {
			paths = append(paths, call.Path)
		}
		return nil, &LayerError{layer, fmt.Sprintf("no such layer of %s%s", p.Net.Arch.Name, nearest.Hint(layer, paths))}
	}
	shape := shapes[call.Output]
	if len(shape) != 4 || shape[2]*shape[3] == 1 {
		return nil, &LayerError{layer, fmt.Sprintf("its output %v has no height and width", shape)}
	}
	return &Camera{Head: head, Layer: layer, Exact: call.Output == last, Shape: shape, watch: Watch{Layer: "=" + layer}}, nil
}

// lastCall is the last call of a module; nil where there is none.
func lastCall(g *graph.Graph, path string) *graph.Call {
	for i := len(g.Calls) - 1; i >= 0; i-- {
		if g.Calls[i].Path == path {
			return &g.Calls[i]
		}
	}
	return nil
}

// Watch is what Predict has to watch for the maps.
func (c *Camera) Watch() Watch { return c.watch }

// Map makes the map of a class from what was watched of one image; where the camera is not Exact, the strength of the
// layer, of no class.
func (c *Camera) Map(watched tensor.Tensor, class int) cam.Map {
	if !c.Exact {
		return cam.Strength(watched)
	}
	return c.Head.Map(watched, class)
}
