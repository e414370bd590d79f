package nearest

import "testing"

func TestHint(t *testing.T) {
	nets := []string{
		"resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnet18_tiny", "resnet20_cifar", "resnet110_cifar", "resnet50d",
		"resnet50_v1", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "plain18", "plain34",
	}
	keys := []string{"block", "layers", "planes", "num_classes", "preprocess"}
	layers := []string{"layer1.0", "layer1.1", "layer2.0", "layer2.3", "layer3.4"}
	for _, test := range []struct {
		word    string
		options []string
		want    string
	}{
		// The same family, and the nearest depth of it.
		{"resnet26", nets, `; did you mean "resnet18" or "resnet34"?`},
		{"resnet10", nets, `; did you mean "resnet18"?`},
		{"resnet14", nets, `; did you mean "resnet18"?`},
		{"resnet33", nets, `; did you mean "resnet34"?`},
		{"resnet51", nets, `; did you mean "resnet50"?`},
		{"resnet164", nets, `; did you mean "resnet152"?`},
		{"resnet200", nets, `; did you mean "resnet152"?`},
		{"resnet8_cifar", nets, `; did you mean "resnet20_cifar"?`},
		{"plain50", nets, `; did you mean "plain34"?`},
		{"resnet26t", nets, `; did you mean "resnet18" or "resnet34"?`},
		{"resnet26d", nets, `; did you mean "resnet50d"?`},
		{"resnet18d", nets, `; did you mean "resnet18"?`},
		{"resnext50", nets, `; did you mean "resnext50_32x4d"?`},
		{"resnext101", nets, `; did you mean "resnext101_32x8d"?`},
		{"wide_resnet50", nets, `; did you mean "wide_resnet50_2"?`},
		// A slip.
		{"resnt18", nets, `; did you mean "resnet18"?`},
		{"resnet5O", nets, `; did you mean "resnet50"?`},
		{"resnets", nets, `; did you mean "resnet18"?`},
		{"resnet", nets, `; did you mean "resnet18"?`},
		{"vgg16", nets, ""},
		{"layer1.9", layers, `; did you mean "layer1.1"?`},
		{"layer9.0", layers, `; did you mean "layer3.4"?`},
		{"layer2.4", layers, `; did you mean "layer2.3"?`},
		{"layer1.99999999999999999999", layers, `; did you mean "layer1.1"?`},

		{"blok", keys, `; did you mean "block"?`},
		{"Layers", keys, `; did you mean "layers"?`},
		{"numclasses", keys, `; did you mean "num_classes"?`},
		{"plane", keys, `; did you mean "planes"?`},
		{"num", keys, `; did you mean "num_classes"?`},
		{"colour", keys, ""},
		{"", keys, ""},
		{"x", keys, ""},
	} {
		if got := Hint(test.word, test.options); got != test.want {
			t.Errorf("Hint(%q) = %q, want %q", test.word, got, test.want)
		}
	}
	if got := To("resnet26", nets); got != "resnet18" {
		t.Errorf("To(resnet26) = %q", got)
	}
}
