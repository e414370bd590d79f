package bind

import (
	"slices"
	"strings"
	"testing"
)

// TestRename has names of state dicts of torchvision 0.29, timm 1.0.31 and transformers 5.24.
func TestRename(t *testing.T) {
	params := []string{"conv1.weight", "bn1.running_var", "layer1.0.conv1.weight", "layer4.2.bn3.bias", "layer2.0.downsample.0.weight", "layer2.0.downsample.1.running_mean", "fc.bias"}
	for to, want := range map[string][]string{
		"torchvision": params,
		"timm":        params,
		"transformers": {
			"resnet.embedder.embedder.convolution.weight", "resnet.embedder.embedder.normalization.running_var",
			"resnet.encoder.stages.0.layers.0.layer.0.convolution.weight", "resnet.encoder.stages.3.layers.2.layer.2.normalization.bias",
			"resnet.encoder.stages.1.layers.0.shortcut.convolution.weight", "resnet.encoder.stages.1.layers.0.shortcut.normalization.running_mean",
			"classifier.1.bias",
		},
	} {
		if got, err := Rename(params, to); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", to, got, err)
		}
	}
	for _, c := range []struct{ to, param, want string }{
		{"torchvision", "conv1.3.weight", `torchvision have no "conv1.3"`},
		{"torchvision", "layer2.0.downsample.2.weight", `torchvision have no "layer2.0.downsample.2"`},
		{"transformers", "conv1.0.weight", `transformers have no "conv1.0"`},
		{"keras", "conv1.weight", `no names of "keras"`},
	} {
		if _, err := Rename([]string{c.param}, c.to); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s in %s: %v, want %q", c.param, c.to, err, c.want)
		}
	}
}
