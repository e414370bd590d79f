package bind

import "resnet/internal/model"

// detectron2Names are those of the residual networks in Meta's detectron2, whose batch norms stand inside the convolutions.
var detectron2Names = dialect{
	name: "detectron2",
	modules: []moduleName{
		{"stem.conv1", "conv1"},
		{"stem.conv1.norm", "bn1"},
		{"resN.N.convN", "layerN-.N.convN"},
		{"resN.N.convN.norm", "layerN-.N.bnN"},
		{"resN.N.shortcut", "layerN-.N.downsample.0"},
		{"resN.N.shortcut.norm", "layerN-.N.downsample.1"},
		{"linear", "fc"},
	},
	shortcut: model.ShortcutProjection,
}
