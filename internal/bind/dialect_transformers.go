package bind

import "resnet/internal/model"

// transformersNames are those of ResNetForImageClassification in Hugging Face's transformers.
var transformersNames = dialect{
	name: "transformers",
	modules: []moduleName{
		{"embedder.embedder.convolution", "conv1"},
		{"embedder.embedder.normalization", "bn1"},
		{"encoder.stages.N.layers.N.layer.N.convolution", "layerN+.N.convN+"},
		{"encoder.stages.N.layers.N.layer.N.normalization", "layerN+.N.bnN+"},
		{"encoder.stages.N.layers.N.shortcut.convolution", "layerN+.N.downsample.0"},
		{"encoder.stages.N.layers.N.shortcut.normalization", "layerN+.N.downsample.1"},
	},
	shortcut: model.ShortcutProjection,
}
