package draw

import (
	"fmt"
	"strings"
	"unicode"

	"resnet/internal/article"
	"resnet/internal/graph"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// Net is a network at one input size, cut into the parts that figures are made of.
type Net struct {
	Spec         model.Spec
	Input        tensor.Shape // of one image
	Params, MACs int64

	title string
	parts []part
}

// part is a stage, or what stands before and behind the stages.
type part struct {
	model.Part
	layers []layer // of stem and head
	blocks []block // of a stage, in order
	result string  // the net result, in the article's words; "" for none
}

// block is a residual block.
type block struct {
	model.BlockParts
	stage    int
	branch   []layer // the residual branch
	shortcut []layer // what stands on the shortcut; none on an identity
}

// layer is a convolution, pool, pad or fully connected layer, and what follows it.
type layer struct{ model.Unit }

// NewNet describes one image's way through a network.
func NewNet(g *model.Graph, input tensor.Shape) (*Net, error) {
	input = append(tensor.Shape{1}, input[1:]...)
	parts, err := g.Parts(input)
	if err != nil {
		return nil, err
	}
	n := &Net{Spec: g.Spec, title: printable(g.Spec.Title()), Input: input}
	for _, p := range parts {
		n.Params += p.Params
		n.MACs += p.MACs
		n.parts = append(n.parts, newPart(p))
	}
	return n, nil
}

func newPart(p model.Part) part {
	out := part{Part: p, layers: layers(p.Units)}
	for _, b := range p.Blocks {
		out.blocks = append(out.blocks, block{BlockParts: b, stage: p.Stage, branch: layers(b.Branch), shortcut: layers(b.Side)})
	}
	switch {
	case p.Stage >= 0:
		out.result = article.StageResult(p.In, p.Out)
	case p.Name == model.PartStem:
		out.result = stemResult(p.Units)
	}
	return out
}

func layers(units []model.Unit) []layer {
	var all []layer
	for _, u := range units {
		all = append(all, layer{u})
	}
	return all
}

// stemResult is what the convolutions and the pool do.
func stemResult(units []model.Unit) string {
	in := units[0].Inputs[0]
	convolved := in
	for _, u := range units {
		if u.Kind != graph.Convolution {
			return article.StemAndPool(in, convolved, u.Output)
		}
		convolved = u.Output
	}
	return article.StemResult(in, convolved)
}

// printable is a name without what no figure can hold: control characters and broken UTF-8.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
}

// followers names what stands behind a layer, or an add, without a box of its own.
func followers(ops []graph.Op) []string {
	var names []string
	for _, op := range ops {
		names = append(names, op.Label(""))
	}
	return names
}

// shapeWords is a shape as figures write it, without the batch: 64×56×56.
func shapeWords(s tensor.Shape) string { return s[1:].Join("×") }

// numberOf is n things, in words: 1 block, 3 blocks.
func numberOf(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
