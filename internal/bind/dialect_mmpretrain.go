package bind

// mmpretrainNames are torchvision's with the deep stem of OpenMMLab's ResNetV1c and V1d: a Sequential with its last batch norm.
var mmpretrainNames = dialect{
	name: "mmpretrain",
	modules: append([]moduleName{
		{"stem.0", "conv1.0"}, {"stem.1", "conv1.1"},
		{"stem.3", "conv1.3"}, {"stem.4", "conv1.4"},
		{"stem.6", "conv1.6"}, {"stem.7", "bn1"},
	}, torchvisionNames.modules...),
}
