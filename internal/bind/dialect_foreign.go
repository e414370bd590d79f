package bind

// A foreignNet is a network outside the family that its names give away. Where blocks are counted, its name ends with the
// depth: seresnet50.
type foreignNet struct {
	has    string // a part of a tensor's name, N for a number
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
	{"layerN.N.conv1.paths.N", "skresnet", "layerN.N", "the selective kernel"},
	{"layerN.N.bn1.IN", "resnet_ibn_", "layerN.N", "instance normalization"},
	{"attnpool", "CLIP's resnet", "layerN.N", "attention pooling"},
	{"stageN.N.branches", "an HRNet", "", "a branch at a second resolution"},
	{"stages.N.blocks.N.conv1.conv", "a CSPNet", "", "the cross-stage partial connection"},
	{"stages.N.blocks.N.conv_dw", "a ConvNeXt", "", "its depthwise block"},
	{"stages.N.blocks.N.norm1", "resnetv2_", "stages.N.blocks.N", "pre-activation"},
	{"stages.N.N.conv1.gain", "nf_resnet", "stages.N.N", "scaled weight standardization in place of batch norm"},
	{"stages.N.N.conv1_1x1", "a net of timm's byobnet", "", "its block"},
	{"sN.bN.conv1", "a RegNet", "", "its block"},
	{"features.denseblockN", "a DenseNet", "", "the dense block"},
	{"patch_embed", "a vision transformer", "", "attention"},
	{"encoder.layers.encoder_layer_N", "a vision transformer", "", "attention"},
	{"conv_stem", "an EfficientNet or MobileNet", "", "the inverted residual block"},
	{"Mixed_5b", "an Inception", "", "its mixed block"},
	{"features.N", "a VGG, AlexNet or MobileNet", "", "a network without residual blocks"},
	{"rpn.head", "a detector", "", "what is no classifier"},
}
