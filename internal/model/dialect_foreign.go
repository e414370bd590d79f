package model

// A foreignNet is a network outside the family that its names give away. Where blocks are counted, its name ends with the
// depth: seresnet50.
type foreignNet struct {
	has    string // a part of a module's path, N for a number
	name   string
	block  string // the path of a residual block, to count the depth by; "" for what is no residual network
	reason string
}

// foreignNets are tried in order: what is more special stands first.
var foreignNets = []foreignNet{
	{"se.conv", "ecaresnet", "layerN.N", "efficient channel attention"},
	{"se.fc1", "seresnet", "layerN.N", "squeeze-and-excitation"},
	{"se_module.fc1", "seresnet", "layerN.N", "squeeze-and-excitation"},
	{"layerN.N.conv2.fc1", "resnest", "layerN.N", "split attention"},
	{"layerN.N.convs.N", "res2net", "layerN.N", "a hierarchy of convolutions within a block"},
	{"layerN.N.conv1.paths.N", "skresnet", "layerN.N", "selective kernels"},
	{"layerN.N.bn1.IN", "resnet_ibn_", "layerN.N", "instance normalization"},
	{"attnpool", "CLIP's resnet", "layerN.N", "attention pooling"},
	{"transition1", "an HRNet", "", "parallel branches"},
	{"stages.N.blocks.N.conv1.conv", "a CSPNet", "", "cross-stage partial blocks"},
	{"stages.N.blocks.N.conv_dw", "a ConvNeXt", "", "depthwise convolutions"},
	{"stages.N.blocks.N.norm1", "resnetv2_", "stages.N.blocks.N", "pre-activation blocks"},
	{"stages.N.N.conv1.gain", "nf_resnet", "stages.N.N", "scaled weight standardization in place of batch norm"},
	{"stages.N.N.conv1_1x1", "a net of timm's byobnet", "", "its stem and blocks"},
	{"sN.bN.conv1", "a RegNet", "", "its stages"},
	{"features.denseblockN", "a DenseNet", "", "dense blocks"},
	{"patch_embed", "a vision transformer", "", "attention"},
	{"encoder.layers.encoder_layer_N", "a vision transformer", "", "attention"},
	{"conv_stem", "an EfficientNet or MobileNet", "", "inverted residual blocks"},
	{"Mixed_5b", "an Inception", "", "its mixed blocks"},
	{"features.N", "a VGG, AlexNet or MobileNet", "", "a list of features"},
	{"rpn.head", "a detector", "", "more than a classifier"},
}
