package bind

// torchvisionNames are those of torchvision.models.resnet, and of the many who started from it.
var torchvisionNames = dialect{
	name: "torchvision",
	modules: []moduleName{
		{"conv1", "conv1"},
		{"bn1", "bn1"},
		{"layerN.N.convN", "layerN.N.convN"},
		{"layerN.N.bnN", "layerN.N.bnN"},
		{"layerN.N.downsample.N", "layerN.N.downsample.N"},
		{"fc", "fc"},
		{"head.fc", "fc"},
		{"classifier", "fc"},
	},
}
