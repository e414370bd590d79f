package draw

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

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
	name   string  // layer1; stem, head
	stage  int     // from 0; -1 for stem and head
	layers []layer // of stem and head
	blocks []block // of a stage, in order

	in, out      tensor.Shape
	results      []string // net results, in the article's words
	params, macs int64
}

// block is a residual block.
type block struct {
	model.Block
	stage    int
	branch   []layer // the residual branch
	shortcut []layer // what stands on the shortcut; none on an identity
	after    []string
	in, out  tensor.Shape
}

// layer is a convolution, pool, pad or fully connected layer, and what follows it.
type layer struct {
	model.Layer
	after     []string // batch norm, ReLU
	padStride int      // of shortcut A, which a Layer does not name
}

// NewNet describes one image's way through a network.
func NewNet(g *model.Graph, input tensor.Shape) (*Net, error) {
	facts, err := g.Layers(tensor.Shape{1, input[1], input[2], input[3]})
	if err != nil {
		return nil, err
	}
	c := cutter{graph: g, facts: facts, net: &Net{Spec: g.Spec, title: printable(g.Spec.Title()), Input: facts[0].Inputs[0]}}
	for _, l := range facts {
		c.net.Params += l.Params
		c.net.MACs += l.MACs
	}
	c.cut()
	return c.net, nil
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

// cutter cuts a graph into parts.
type cutter struct {
	graph *model.Graph
	facts []model.Layer
	net   *Net
}

func (c *cutter) cut() {
	stem := part{name: "stem", stage: -1}
	head := part{name: "head", stage: -1}
	inHead := false
	for i, call := range c.graph.Calls {
		inside, _, _ := strings.Cut(call.Path, ".")
		isStage := slices.ContainsFunc(c.graph.Stages, func(s model.Stage) bool { return s.Path == inside })
		inHead = inHead || isStage
		switch {
		case isStage || call.Op == nil:
		case inHead:
			head.add(call, c.facts[i])
		default:
			stem.add(call, c.facts[i])
		}
	}
	stem.ends()
	head.ends()
	stem.results = stemResults(stem.layers)
	c.net.parts = append(c.net.parts, stem)
	for i, s := range c.graph.Stages {
		c.net.parts = append(c.net.parts, c.stage(i, s))
	}
	c.net.parts = append(c.net.parts, head)
}

// ends takes a part's input and output from its layers.
func (p *part) ends() {
	p.in, p.out = p.layers[0].Inputs[0], p.layers[len(p.layers)-1].Output
}

// stemResults are what the convolutions and the pool do, each in its own words.
func stemResults(layers []layer) []string {
	var results []string
	first := layers[0].Inputs[0]
	for i, l := range layers {
		switch {
		case l.Class != "Conv2d":
			results = append(results, model.PoolResult(l.Inputs[0], l.Output))
		case i+1 == len(layers) || layers[i+1].Class != "Conv2d":
			results = append(results, model.StemResult(first, l.Output))
		}
	}
	return results
}

func (c *cutter) stage(i int, s model.Stage) part {
	p := part{name: s.Path, stage: i}
	for n, call := range c.graph.Calls {
		if strings.HasPrefix(call.Path, s.Path+".") {
			p.params += c.facts[n].Params
			p.macs += c.facts[n].MACs
		}
		if call.Path == s.Path {
			p.in, p.out = c.facts[n].Inputs[0], c.facts[n].Output
		}
	}
	p.results = []string{model.StageResult(p.in, p.out)}
	byBlock := c.callsOf(s)
	for _, b := range s.Blocks {
		p.blocks = append(p.blocks, c.block(i, b, byBlock[b.Path]))
	}
	return p
}

// callsOf lists the calls inside each block of a stage, the block's own call last.
func (c *cutter) callsOf(s model.Stage) map[string][]int {
	calls := map[string][]int{}
	for n, call := range c.graph.Calls {
		if rest, ok := strings.CutPrefix(call.Path, s.Path+"."); ok {
			number, _, _ := strings.Cut(rest, ".")
			path := s.Path + "." + number
			calls[path] = append(calls[path], n)
		}
	}
	return calls
}

// block sorts what is in a block into residual branch and shortcut, by the way that values take.
func (c *cutter) block(stage int, b model.Block, calls []int) block {
	out := block{Block: b, stage: stage}
	onShortcut := map[model.Value]bool{}
	if b.Shortcut != model.ShortcutNone {
		c.trace(calls, b.Skip, b.In, onShortcut)
	}
	var branch, shortcut part
	added := false
	for _, n := range calls {
		call := c.graph.Calls[n]
		switch call.Op.(type) {
		case nil:
			if call.Path == b.Path {
				out.in, out.out = c.facts[n].Inputs[0], c.facts[n].Output
			}
			continue
		case model.Add:
			added = true
			continue
		}
		switch {
		case added:
			out.after = append(out.after, follower(call))
		case onShortcut[call.Output]:
			shortcut.add(call, c.facts[n])
		default:
			branch.add(call, c.facts[n])
		}
	}
	out.branch, out.shortcut = branch.layers, shortcut.layers
	return out
}

// trace marks the values between from and to, walking backwards.
func (c *cutter) trace(calls []int, from, to model.Value, seen map[model.Value]bool) {
	if from == to || seen[from] {
		return
	}
	seen[from] = true
	for _, n := range calls {
		if call := c.graph.Calls[n]; call.Op != nil && call.Output == from {
			for _, in := range call.Inputs {
				c.trace(calls, in, to, seen)
			}
		}
	}
}

// add puts a call at the end of a chain: a layer of its own, or what follows the layer before.
func (p *part) add(call model.Call, facts model.Layer) {
	p.params += facts.Params
	p.macs += facts.MACs
	switch call.Op.(type) {
	case model.Flatten: // only renames dimensions
		return
	case model.BatchNorm, model.ReLU:
		if last := len(p.layers) - 1; last >= 0 {
			p.layers[last].after = append(p.layers[last].after, follower(call))
			return
		}
	}
	l := layer{Layer: facts}
	if pad, ok := call.Op.(model.Pad); ok {
		l.padStride = pad.Stride
	}
	p.layers = append(p.layers, l)
}

// follower names what stands behind a layer without a box of its own.
func follower(call model.Call) string {
	switch call.Op.(type) {
	case model.BatchNorm:
		return "batch norm"
	case model.ReLU:
		return "ReLU"
	}
	return call.Class
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
