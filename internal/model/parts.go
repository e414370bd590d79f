package model

import (
	"slices"
	"strconv"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// Part is a piece of a network at one input: what stands before the stages, each stage, and what stands behind.
type Part struct {
	Name   string       // layer1; PartStem, PartHead
	Stage  int          // from 0; -1 of stem and head
	Units  []Unit       // of stem and head
	Blocks []BlockParts // of a stage, in order

	In, Out      tensor.Shape
	Params, MACs int64
}

// Names of the parts around the stages.
const (
	PartStem = "stem"
	PartHead = "head"
)

// Unit is a convolution, pool, pad or fully connected layer with the batch norm and ReLU behind it. Its Params and MACs are
// those of all of them.
type Unit struct {
	graph.Layer
	After []graph.Op
}

// BlockParts is a residual block, taken apart.
type BlockParts struct {
	Block
	Branch []Unit     // the residual branch
	Side   []Unit     // what stands on the shortcut; none on an identity
	After  []graph.Op // what follows the add

	In, Out      tensor.Shape
	Params, MACs int64
}

// Parts takes a network apart, as it is at an input.
func (g *Graph) Parts(input tensor.Shape) ([]Part, error) {
	facts, err := g.Layers(input)
	if err != nil {
		return nil, err
	}
	c := cutter{graph: g, facts: facts}
	return c.cut(), nil
}

type cutter struct {
	graph *Graph
	facts []graph.Layer
}

func (c *cutter) cut() []Part {
	stem := Part{Name: PartStem, Stage: -1}
	head := Part{Name: PartHead, Stage: -1}
	inHead := false
	for i, call := range c.graph.Calls {
		top, _, _ := strings.Cut(call.Path, ".")
		inStage := slices.ContainsFunc(c.graph.Stages, func(s Stage) bool { return s.Path == top })
		inHead = inHead || inStage
		switch {
		case inStage || !call.Computes():
		case inHead:
			head.Units = c.add(head.Units, i)
		default:
			stem.Units = c.add(stem.Units, i)
		}
	}
	stem.sum()
	head.sum()
	parts := []Part{stem}
	for i, s := range c.graph.Stages {
		parts = append(parts, c.stage(i, s))
	}
	return append(parts, head)
}

// sum takes what is known of stem or head from its units.
func (p *Part) sum() {
	p.In, p.Out = p.Units[0].Inputs[0], p.Units[len(p.Units)-1].Output
	for _, u := range p.Units {
		p.Params += u.Params
		p.MACs += u.MACs
	}
}

// add puts a call at the end of a chain: a unit of its own, or what follows the unit before.
func (c *cutter) add(units []Unit, call int) []Unit {
	l := c.facts[call]
	last := len(units) - 1
	switch {
	case l.Kind == graph.Renaming:
		return units
	case l.Kind.Follows() && last >= 0:
		units[last].After = append(units[last].After, l.Op)
		units[last].Params += l.Params
		return units
	}
	return append(units, Unit{Layer: l})
}

func (c *cutter) stage(i int, s Stage) Part {
	p := Part{Name: s.Path, Stage: i}
	calls := c.callsOf(s)
	for _, b := range s.Blocks {
		block := c.block(b, calls[b.Path])
		p.Params += block.Params
		p.MACs += block.MACs
		p.Blocks = append(p.Blocks, block)
	}
	p.In, p.Out = p.Blocks[0].In, p.Blocks[len(p.Blocks)-1].Out
	return p
}

// callsOf lists the calls of each block of a stage, the block's own call last.
func (c *cutter) callsOf(s Stage) map[string][]int {
	calls := map[string][]int{}
	for i, call := range c.graph.Calls {
		if rest, ok := strings.CutPrefix(call.Path, s.Path+"."); ok {
			number, _, _ := strings.Cut(rest, ".")
			path := s.Path + "." + number
			calls[path] = append(calls[path], i)
		}
	}
	return calls
}

// block sorts the calls of a block into residual branch and shortcut.
func (c *cutter) block(b Block, calls []int) BlockParts {
	out := BlockParts{Block: b}
	added := false
	for _, i := range calls {
		call := c.graph.Calls[i]
		out.Params += c.facts[i].Params
		out.MACs += c.facts[i].MACs
		switch {
		case call.Container:
			if call.Path == b.Path {
				out.In, out.Out = c.facts[i].Inputs[0], c.facts[i].Output
			}
		case call.Kind() == graph.Addition:
			added = true
		case added:
			out.After = append(out.After, call.Op)
		case call.OnShortcut:
			out.Side = c.add(out.Side, i)
		default:
			out.Branch = c.add(out.Branch, i)
		}
	}
	return out
}

// BlockRange names successive blocks of a stage: layer2.1–3.
func BlockRange(paths []string) string {
	first, last := paths[0], paths[len(paths)-1]
	if first == last {
		return first
	}
	_, number := SplitBlock(last)
	return first + "–" + strconv.Itoa(number)
}

// SplitBlock takes the path of a block apart: layer2, 1.
func SplitBlock(path string) (stage string, number int) {
	dot := strings.LastIndexByte(path, '.')
	number, _ = strconv.Atoi(path[dot+1:]) // blocks are numbered
	return path[:dot], number
}
