package bind

// d2lNames are those of the ResNet in Zhang et al., "Dive into Deep Learning", section 8.6: a Sequential whose stages are
// numbers or, in later editions, b2 to b5, and whose projections are a block's third convolution, with a bias and without a
// batch norm.
var d2lNames = dialect{name: "d2l", modules: d2lModules(), withStem: true}

func d2lModules() []moduleName {
	list := []moduleName{{"0.0", "conv1"}, {"0.1", "bn1"}, {"7", "fc"}, {"last.2", "fc"}}
	stages := []moduleName{{"1", "layer1"}, {"2", "layer2"}, {"3", "layer3"}, {"4", "layer4"},
		{"b2", "layer1"}, {"b3", "layer2"}, {"b4", "layer3"}, {"b5", "layer4"}}
	for _, stage := range stages {
		for _, part := range []moduleName{{"conv1", "conv1"}, {"bn1", "bn1"}, {"conv2", "conv2"}, {"bn2", "bn2"}, {"conv3", "downsample.0"}} {
			list = append(list, moduleName{stage.path + ".N." + part.path, stage.torchvision + ".N." + part.torchvision})
		}
	}
	return list
}
