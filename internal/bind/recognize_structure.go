package bind

import (
	"fmt"
	"strconv"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// ownStructure names the tensors of a file by their order and shapes alone, without a graph to compare with: a
// convolution, blocks of two 3×3 convolutions or of 1×1, 3×3 and 1×1, each with a 1×1 shortcut before or behind or none,
// and a fully connected layer, or several, or none. A new layer begins where the width changes.
func ownStructure(w graph.Weights) (*layout, error) {
	list, sorted, err := units(w)
	if err != nil {
		return nil, err
	}
	s := structureReader{weights: w, units: list, layout: newStructure(w, sorted), sorted: sorted}
	end := len(list)
	for end > 0 && len(s.shape(end-1)) == 2 {
		end--
	}
	if end < 3 {
		return nil, fmt.Errorf("by structure this is no residual network: want a convolution and blocks, and mostly a fully connected layer")
	}
	s.name(0, "conv1", "bn1")
	out := s.shape(0)[0]
	for at := 1; at < end; {
		if at, out, err = s.block(at, out); err != nil {
			return nil, err
		}
	}
	s.classifier(end)
	return s.layout, s.err
}

// classifier names the fully connected layers, from unit at on.
func (s *structureReader) classifier(at int) {
	if at == len(s.units)-1 {
		s.name(at, "fc", "")
		return
	}
	for i := at; i < len(s.units); i++ {
		s.name(i, fmt.Sprintf("fc.%d", 2*(i-at)), "")
	}
}

type structureReader struct {
	weights graph.Weights
	units   []unit
	layout  *layout
	sorted  bool  // by name
	err     error // the first

	layer, blocks int // the current layer, counted from 1, and its blocks so far
	width         int // its output channels
}

func (s *structureReader) shape(i int) []int {
	info, _ := s.weights.Info(s.units[i].weight)
	return info.Shape
}

// conv tells whether unit i is a convolution of this kernel and input width, and how many channels it puts out. A grouped
// convolution has fewer inputs than the map has channels.
func (s *structureReader) conv(i, kernel, in int) (out int, ok bool) {
	if i >= len(s.units) {
		return 0, false
	}
	shape := s.shape(i)
	fits := len(shape) == 4 && shape[2] == kernel && shape[3] == kernel && shape[1] > 0
	if !fits || kernel == 1 && shape[1] != in || in%shape[1] != 0 {
		return 0, false
	}
	return shape[0], true
}

// block reads one residual block that starts at unit at and has in input channels.
func (s *structureReader) block(at, in int) (next, out int, err error) {
	side := -1
	if s.shortcutFirst(at, in) {
		side = at
		at++
	}
	kernels := []int{3, 3}
	if _, ok := s.conv(at, 1, in); ok {
		kernels = []int{1, 3, 1}
	}
	out = in
	for i, kernel := range kernels {
		var ok bool
		if out, ok = s.conv(at+i, kernel, out); !ok {
			return 0, 0, fmt.Errorf("by structure this is no residual network: %q fits in no block%s", s.units[min(at+i, len(s.units)-1)].weight, lostOrder(s.sorted))
		}
	}
	if s.layer == 0 || out != s.width {
		s.layer, s.blocks, s.width = s.layer+1, 0, out
	}
	path := model.LayerName(s.layer-1) + "." + strconv.Itoa(s.blocks)
	s.blocks++
	for i := range kernels {
		number := strconv.Itoa(i + 1)
		s.name(at+i, path+".conv"+number, path+".bn"+number)
	}
	next = at + len(kernels)
	if side < 0 && s.shortcutBehind(next, in, out) {
		side = next
		next++
	}
	if side >= 0 {
		s.name(side, path+".downsample.0", path+".downsample.1")
	}
	return next, out, nil
}

// shortcutFirst tells whether a block registers its shortcut before its convolutions: a 1×1 whose output is not what the
// next convolution takes.
func (s *structureReader) shortcutFirst(at, in int) bool {
	out, ok := s.conv(at, 1, in)
	if !ok {
		return false
	}
	if s.units[at].side {
		return true
	}
	_, follows := s.conv(at+1, 3, out)
	return !follows
}

// shortcutBehind tells whether the unit after a block's convolutions is its shortcut and not the next block's first.
func (s *structureReader) shortcutBehind(at, in, out int) bool {
	got, ok := s.conv(at, 1, in)
	if !ok || got != out {
		return false
	}
	return s.units[at].side || in != out
}

func (s *structureReader) name(i int, conv, norm string) {
	p := graph.Param{Name: conv + ".weight", Shape: s.shape(i)}
	if err := s.layout.nameUnit(graphUnit{param: p, norm: norm}, s.units[i]); err != nil && s.err == nil {
		s.err = err
	}
}
