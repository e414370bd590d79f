package bind

import (
	"fmt"
	"slices"
	"strings"
)

// A library names the modules of a residual network in its own way: the pairs have torchvision's paths first, and N- stands
// for one less than the number of an N.
type library struct {
	name    string
	modules [][2]string
}

var libraries = []library{
	{"torchvision", [][2]string{
		{"conv1", "conv1"},
		{"bn1", "bn1"},
		{"layerN.N.convN", "layerN.N.convN"},
		{"layerN.N.bnN", "layerN.N.bnN"},
		{"layerN.N.downsample.0", "layerN.N.downsample.0"},
		{"layerN.N.downsample.1", "layerN.N.downsample.1"},
		{"fc", "fc"},
	}},
	{"timm", [][2]string{
		{"conv1", "conv1"},
		{"conv1.N", "conv1.N"},
		{"bn1", "bn1"},
		{"layerN.N.convN", "layerN.N.convN"},
		{"layerN.N.bnN", "layerN.N.bnN"},
		{"layerN.N.downsample.N", "layerN.N.downsample.N"},
		{"fc", "fc"},
	}},
	{"transformers", [][2]string{
		{"conv1", "resnet.embedder.embedder.convolution"},
		{"bn1", "resnet.embedder.embedder.normalization"},
		{"layerN.N.convN", "resnet.encoder.stages.N-.layers.N.layer.N-.convolution"},
		{"layerN.N.bnN", "resnet.encoder.stages.N-.layers.N.layer.N-.normalization"},
		{"layerN.N.downsample.0", "resnet.encoder.stages.N-.layers.N.shortcut.convolution"},
		{"layerN.N.downsample.1", "resnet.encoder.stages.N-.layers.N.shortcut.normalization"},
		{"fc", "classifier.1"},
	}},
}

// Libraries lists those whose names Rename knows.
func Libraries() []string {
	var names []string
	for _, l := range libraries {
		names = append(names, l.name)
	}
	return names
}

// Rename gives a library's names of parameters that go by the graph's own. A parameter that its networks do not have is an
// error.
func Rename(params []string, to string) ([]string, error) {
	i := slices.Index(Libraries(), to)
	if i < 0 {
		return nil, fmt.Errorf("no names of %q are known", to)
	}
	names := make([]string, len(params))
	for j, param := range params {
		module, leaf := splitTensor(param)
		path, ok := libraries[i].rename(module)
		if !ok {
			return nil, fmt.Errorf("the residual networks of %s have no %q", to, strings.Join(module, "."))
		}
		names[j] = path + "." + leaf
	}
	return names, nil
}

func (l library) rename(module []string) (string, bool) {
	for _, m := range l.modules {
		pattern := strings.Split(m[0], ".")
		if len(pattern) != len(module) {
			continue
		}
		if numbers, ok := match(pattern, module); ok {
			return fill(m[1], numbers), true
		}
	}
	return "", false
}
