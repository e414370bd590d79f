package keras

import (
	"regexp"
	"strings"
	"sync"

	"resnet/internal/checkpoint/format"
	"resnet/internal/checkpoint/hdf5"
)

// legacy reads the layout of Keras 1 and 2: a group a layer, and in an attribute of it the names of its tensors.
func (k *Reader) legacy(root *hdf5.Group) error {
	for _, layer := range list(root, "layer_names") {
		g := root.Group(layer)
		if g == nil {
			return format.Errorf(Name, -1, "the layer %q has no group", layer)
		}
		members := map[string]*hdf5.Dataset{}
		index(g, g.Path+"/", members)
		for _, name := range list(g, "weight_names") {
			d, ok := members[name]
			if !ok {
				return format.Errorf(Name, -1, "the layer %q has no tensor %q", layer, name)
			}
			if err := k.add(legacyName(layer, name), d); err != nil {
				return err
			}
		}
	}
	return nil
}

// index lists the datasets at and below g by their path behind prefix.
func index(g *hdf5.Group, prefix string, members map[string]*hdf5.Dataset) {
	for _, d := range g.Datasets {
		members[strings.TrimPrefix(d.Path, prefix)] = d
	}
	for _, child := range g.Groups {
		index(child, prefix, members)
	}
}

// numbered is what TensorFlow adds to a variable's name: :0, and _1 where another one had it.
var numbered = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(_\d+)?(:\d+)?$`) })

// leaves are what variables were called; Keras 1 said std of what it kept the variance in.
var leaves = []struct{ suffix, leaf string }{
	{"moving_variance", "moving_variance"}, {"running_std", "moving_variance"}, {"running_var", "moving_variance"},
	{"moving_mean", "moving_mean"}, {"running_mean", "moving_mean"},
	{"gamma", "gamma"}, {"beta", "beta"},
	{"depthwise_kernel", "depthwise_kernel"}, {"pointwise_kernel", "pointwise_kernel"},
	{"kernel", "kernel"}, {"bias", "bias"}, {"_W", "kernel"}, {"_b", "bias"},
}

// legacyName makes conv1_conv/kernel of the variable conv1_conv/kernel:0 of the layer conv1_conv, conv1/kernel of
// conv1_W:0, and resnet50/conv1_conv/kernel where the layer is a model.
func legacyName(layer, variable string) string {
	variable = numbered().ReplaceAllString(variable, "")
	parts := strings.Split(variable, "/")
	leaf := parts[len(parts)-1]
	for _, l := range leaves {
		if strings.HasSuffix(leaf, l.suffix) {
			leaf = l.leaf
			break
		}
	}
	if len(parts) > 1 && parts[len(parts)-2] != layer {
		return layer + "/" + parts[len(parts)-2] + "/" + leaf
	}
	return layer + "/" + leaf
}
