package bind

import "strconv"

// tutorialNames are those of networks that are written anew, in tutorials and repositories for CIFAR: other names of the stem,
// the stages and the parts of a block, in any combination.
var tutorialNames = dialect{name: "tutorial", modules: tutorialModules()}

func tutorialModules() []moduleName {
	list := []moduleName{
		{"conv1", "conv1"}, {"bn1", "bn1"},
		{"conv", "conv1"}, {"bn", "bn1"},
		{"conv_1", "conv1"}, {"bn_1", "bn1"}, {"conv_1_3x3", "conv1"},
		{"stem.0", "conv1"}, {"stem.1", "bn1"},
		{"stem.conv", "conv1"}, {"stem.bn", "bn1"}, {"stem.conv1", "conv1"}, {"stem.bn1", "bn1"},
		{"conv1.0", "conv1"}, {"conv1.1", "bn1"},
		{"fc", "fc"}, {"linear", "fc"}, {"classifier", "fc"},
	}
	stages := []moduleName{{"layerN", "layerN"}, {"layer_N", "layerN"}, {"stageN", "layerN"}, {"stage_N", "layerN"}}
	for i := 1; i <= 4; i++ {
		stages = append(stages, moduleName{"conv" + strconv.Itoa(i+1) + "_x", "layer" + strconv.Itoa(i)})
	}
	parts := []moduleName{
		{"convN", "convN"}, {"bnN", "bnN"},
		{"conv_N", "convN"}, {"bn_N", "bnN"},
		{"conv_a", "conv1"}, {"bn_a", "bn1"}, {"conv_b", "conv2"}, {"bn_b", "bn2"}, {"conv_c", "conv3"}, {"bn_c", "bn3"},
		{"convN.0", "convN"}, {"convN.1", "bnN"},
	}
	for _, branch := range []string{"residual_function", "residual", "block"} { // convolution, batch norm, ReLU, …
		for i := range 3 {
			at := branch + "." + strconv.Itoa(3*i)
			parts = append(parts, moduleName{at, "conv" + strconv.Itoa(i+1)})
			parts = append(parts, moduleName{branch + "." + strconv.Itoa(3*i+1), "bn" + strconv.Itoa(i+1)})
		}
	}
	for _, shortcut := range []string{"downsample", "shortcut", "short_cut", "skip"} {
		parts = append(parts, moduleName{shortcut + ".N", "downsample.N"})
	}
	for _, stage := range stages {
		for _, part := range parts {
			list = append(list, moduleName{stage.path + ".N." + part.path, stage.torchvision + ".N." + part.torchvision})
		}
	}
	return list
}
