package bind

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/graph"
)

// ForeignError is a network outside the family, recognised by the names of its tensors.
type ForeignError struct {
	Name   string // seresnet50, a RegNet
	Reason string // squeeze-and-excitation
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("this is %s: %s is not supported", e.Name, e.Reason)
}

// foreign recognises what is outside the family; nil where nothing speaks for that.
func foreign(w graph.Weights) error {
	var paths [][]string
	norms, statistics := false, false
	for _, name := range w.Names() {
		paths = append(paths, strings.Split(name, "."))
		norms = norms || strings.HasSuffix(name, "layer1.0.bn1.weight")
		statistics = statistics || strings.HasSuffix(name, ".running_mean") || strings.HasSuffix(name, "._mean")
	}
	for _, net := range foreignNets {
		pattern := strings.Split(net.has, ".")
		if anyHas(paths, pattern) && (net.hasNot == "" || !anyHas(paths, strings.Split(net.hasNot, "."))) {
			return &ForeignError{Name: net.fullName(w, paths), Reason: net.reason}
		}
	}
	if isPreActivated(w) {
		return &ForeignError{Name: "a residual network of the second version", Reason: "pre-activation (batch norm before the convolutions)"}
	}
	if norms && !statistics {
		return &ForeignError{Name: "a resnet whose normalization has no running statistics", Reason: "group or instance normalization, or batch norm that keeps none,"}
	}
	return nil
}

// isPreActivated tells a block whose first batch norm is as wide as what its first convolution takes, and not as what that puts
// out.
func isPreActivated(w graph.Weights) bool {
	return slices.ContainsFunc(w.Names(), func(name string) bool {
		block, first := strings.CutSuffix(name, "bn1.weight")
		norm, _ := w.Info(name)
		conv, _ := w.Info(block + "conv1.weight")
		return first && len(norm.Shape) == 1 && len(conv.Shape) == 4 && norm.Shape[0] == conv.Shape[1] && norm.Shape[0] != conv.Shape[0]
	})
}

func anyHas(paths [][]string, pattern []string) bool {
	return slices.ContainsFunc(paths, func(path []string) bool { return find(pattern, path) >= 0 })
}

// find is where in a path a pattern matches, or -1.
func find(pattern, path []string) int {
	for i := 0; i+len(pattern) <= len(path); i++ {
		if _, ok := match(pattern, path[i:]); ok {
			return i
		}
	}
	return -1
}

// fullName adds the depth, and turns a resnet with groups into a resnext.
func (n foreignNet) fullName(w graph.Weights, paths [][]string) string {
	if n.block == "" {
		return n.name
	}
	pattern := strings.Split(n.block, ".")
	blocks, convs := map[string]bool{}, 0
	for _, path := range paths {
		at := find(pattern, path)
		if at < 0 {
			continue
		}
		inside := at + len(pattern)
		blocks[strings.Join(path[:inside], ".")] = true
		if len(path) > inside {
			if k, ok := strings.CutPrefix(path[inside], "conv"); ok {
				number, _ := strconv.Atoi(k)
				convs = max(convs, number)
			}
		}
	}
	if len(blocks) == 0 || convs == 0 {
		return "a network with other blocks than a ResNet's"
	}
	depth := strconv.Itoa(2 + len(blocks)*convs)
	if groups, width := foreignGroups(w); groups > 1 {
		return fmt.Sprintf("%sxt%s_%dx%dd", strings.TrimSuffix(n.name, "t"), depth, groups, width/groups)
	}
	return n.name + depth
}

// foreignGroups reads the groups off the first grouped convolution of layer1.
func foreignGroups(w graph.Weights) (groups, width int) {
	for _, name := range w.Names() {
		if !strings.HasSuffix(name, "layer1.0.conv2.weight") {
			continue
		}
		if info, _ := w.Info(name); len(info.Shape) == 4 && info.Shape[1] > 0 {
			first, _ := w.Info(strings.TrimSuffix(name, "conv2.weight") + "conv1.weight")
			if len(first.Shape) == 4 {
				return first.Shape[0] / info.Shape[1], info.Shape[0]
			}
		}
	}
	return 1, 0
}
