package bind

import "resnet/internal/model"

// cifarNames are those of the CIFAR nets of Yerlan Idelbayev (akamaster/pytorch_resnet_cifar10) and Liu Kuang
// (kuangliu/pytorch-cifar). Both write residual nets only; without parameters their shortcut is option A.
var cifarNames = dialect{
	name: "CIFAR",
	modules: []moduleName{
		{"conv1", "conv1"},
		{"bn1", "bn1"},
		{"layerN.N.convN", "layerN.N.convN"},
		{"layerN.N.bnN", "layerN.N.bnN"},
		{"layerN.N.shortcut.N", "layerN.N.downsample.N"},
		{"linear", "fc"},
		{"fc", "fc"},
	},
	shortcut: model.ShortcutPad,
}
