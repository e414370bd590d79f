package render

import (
	"fmt"
	"slices"
	"strings"

	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// Head is who a view is about: its first line.
type Head struct {
	Spec    model.Spec
	Input   tensor.Shape
	Source  string // what the input was: noise, photo.jpg; "" where nothing ran
	Assumed string // of a photo's preprocessing, in words; "" where somebody says it
	Weights string // random weights, seed 0
}

// parts are the first line, with the network as the view calls it.
func (h Head) parts(net, block string) []string {
	input := "input " + h.Input.String()
	if h.Source != "" {
		input += " " + h.Source
	}
	if h.Assumed != "" {
		input += " (" + h.Assumed + ")"
	}
	if height, width := h.Input[2], h.Input[3]; height != width {
		input += fmt.Sprintf(" (%d high, %d wide)", height, width)
	}
	return []string{net, block, input, h.Weights}
}

// blocks is the line of data that makes the network: Bottleneck [3, 4, 6, 3].
func (h Head) blocks() string {
	return fmt.Sprintf("%s %v", h.Spec.BlockClass(), tensor.Shape(h.Spec.Layers))
}

// Pass is a network and the events of one forward pass through it.
type Pass struct {
	Head
	Graph *model.Graph
	All   []hooks.Record // every event, in order
}

// Caution says why values of the pass tell nothing of a trained network; "" if they do.
func (h *Head) Caution() string {
	switch {
	case strings.HasPrefix(h.Weights, "random weights"):
		return "random weights: the shapes of these curves mean nothing"
	case h.Source == "noise":
		return "the input is noise: the shapes of these curves mean nothing"
	}
	return ""
}

// outputs is the size in bytes of what all layers put out, if nothing were reused or computed in one go.
func (p *Pass) outputs() (n int64) {
	for _, e := range p.All {
		if !e.Container && len(e.Op.Params()) > 0 {
			n += 4 * int64(e.Output.Elements())
		}
	}
	return n
}

// weights says how large the parameters are.
func (p *Pass) weights() string {
	return fmt.Sprintf("weights %s as float32 (%s params)", memory(4*p.params()), count(p.params()).Text)
}

func (p *Pass) leaves() []hooks.Record {
	return slices.DeleteFunc(slices.Clone(p.All), func(e hooks.Record) bool { return e.Container })
}

func (p *Pass) params() int64 { return row{events: p.All}.params() }
func (p *Pass) macs() int64   { return row{events: p.All}.macs() }
