package bind

// childrenNames are those of Sequential(*list(resnet.children())[:-1]), as contrastive learning has its backbones (lightly,
// BYOL): torchvision's modules by number, of which ReLU, the pools and the classifier have no tensors.
var childrenNames = dialect{
	name: "Sequential",
	modules: []moduleName{
		{"0", "conv1"},
		{"1", "bn1"},
		{"4.N.convN", "layer1.N.convN"}, {"4.N.bnN", "layer1.N.bnN"}, {"4.N.downsample.N", "layer1.N.downsample.N"},
		{"5.N.convN", "layer2.N.convN"}, {"5.N.bnN", "layer2.N.bnN"}, {"5.N.downsample.N", "layer2.N.downsample.N"},
		{"6.N.convN", "layer3.N.convN"}, {"6.N.bnN", "layer3.N.bnN"}, {"6.N.downsample.N", "layer3.N.downsample.N"},
		{"7.N.convN", "layer4.N.convN"}, {"7.N.bnN", "layer4.N.bnN"}, {"7.N.downsample.N", "layer4.N.downsample.N"},
		{"fc", "fc"},
		{"classifier", "fc"},
	},
}
