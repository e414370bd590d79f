package bind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/graph"
)

// headNames are what people call what stands behind the last pool.
var headNames = [][]string{{"head", "fc"}, {"fc"}, {"classifier"}, {"head"}, {"linear"}, {"last_linear"}}

// A head is what a file has under one of headNames that is not a single fully connected layer.
type head struct {
	path    string // with what stands before it: backbone.fc
	tensors []string
	layers  map[int]bool // the numbers in a Sequential that have tensors
	linear  bool         // there is nothing but fully connected layers in a Sequential
	convs   bool         // there are convolutions
}

// SegmentationError is a head of convolutions where a classifier stands: of a network for segmentation, whose backbone mostly has
// dilations in place of strides.
type SegmentationError struct {
	Head string // its path: classifier
	Part string // that of the backbone; "" where it has none
}

func (e *SegmentationError) Error() string {
	return fmt.Sprintf("%q has convolutions: this is a network for segmentation, whose backbone mostly has dilations in place of strides, and no tensor tells which", e.Head)
}

// findHead names the fully connected layers of a head fc.0, fc.2 …, or fc where there is but one among others without
// parameters (dropout). Of two in a row with nothing between them there is no ReLU: like a head with other layers (the
// projection of contrastive learning, mostly) they are no classifier that is known, and left out.
func (l *layout) findHead(w graph.Weights) error {
	if _, ok := l.names["fc.weight"]; ok {
		return nil
	}
	h := l.headIn(w)
	switch {
	case h == nil:
		return nil
	case h.convs:
		return &SegmentationError{h.path, strings.TrimSuffix(l.prefix, ".")}
	}
	var numbers []int
	for n := range h.layers {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for i := 1; i < len(numbers); i++ {
		h.linear = h.linear && numbers[i]-numbers[i-1] > 1
	}
	if !h.linear {
		l.skipped = append(l.skipped, h.path+".")
		l.notes = append(l.notes, fmt.Sprintf("%q is no classifier of fully connected layers with ReLU between them: it is not used, and the network ends in its last pool", h.path))
		return nil
	}
	for i, n := range numbers {
		to := "fc"
		if len(numbers) > 1 {
			to = fmt.Sprintf("fc.%d", 2*i)
		}
		for _, name := range h.tensors {
			if leaf, ok := strings.CutPrefix(name, fmt.Sprintf("%s.%d.", h.path, n)); ok {
				l.names[to+"."+leaf] = name
			}
		}
	}
	return nil
}

// headIn finds the head of the network under l's prefix, or beside it; nil where there is none.
func (l *layout) headIn(w graph.Weights) *head {
	var found *head
	for _, name := range l.order {
		module, leaf := splitTensor(name)
		path := l.headPath(module)
		info, _ := w.Info(name)
		if path == nil || l.counter(name, info) {
			continue
		}
		at := strings.Join(path, ".")
		if found == nil {
			found = &head{path: at, layers: map[int]bool{}, linear: true}
		}
		if found.path != at {
			continue
		}
		found.tensors = append(found.tensors, name)
		n, err := strconv.Atoi(strings.Join(module[len(path):], "."))
		fits := leaf == "weight" && len(info.Shape) == 2 || leaf == "bias" && len(info.Shape) == 1
		found.linear = found.linear && err == nil && n >= 0 && fits
		found.convs = found.convs || len(info.Shape) == 4
		found.layers[n] = true
	}
	return found
}

// headPath is the beginning of a module's path that names a head of the network; nil where none does.
func (l *layout) headPath(module []string) []string {
	for outer := range module {
		prefix := strings.Join(module[:outer], ".")
		if outer > 0 {
			prefix += "."
		}
		if !strings.HasPrefix(l.prefix, prefix) {
			return nil
		}
		for _, name := range headNames {
			if end := outer + len(name); end <= len(module) && slices.Equal(module[outer:end], name) {
				return module[:end]
			}
		}
	}
	return nil
}
