package bind

// A foreignNet is a network outside the family that its names give away. Where blocks are counted, its name ends with the
// depth: seresnet50.
type foreignNet struct {
	has    string // a part of a tensor's name, N for a number
	name   string
	block  string // the path of a residual block, to count the depth by; "" where the name has none
	reason string
	hasNot string // a part that none of the names has; "" for any
}

// foreignNets are tried in order: what is more special stands first.
var foreignNets = []foreignNet{
	{has: "trunk_output.blockN", name: "a RegNet", reason: "its block"},
	{has: "sN.bN.conv1", name: "a RegNet", reason: "its block"},
	{has: "blocks.N.layers.N.layers", name: "a MaxViT", reason: "attention"},
	{has: "rpn.head", name: "a detector", reason: "what is no classifier"},
	{has: "head.classification_head", name: "a detector", reason: "what is no classifier"},
	{has: "proposal_generator", name: "a detector", reason: "what is no classifier"},
	{has: "roi_heads", name: "a detector", reason: "what is no classifier"},
	{has: "fpn.inner_blocks", name: "a feature pyramid", reason: "what is no classifier"},
	{has: "body.conv1.conv", name: "a TResNet", reason: "its block"},
	{has: "layer0.conv3", name: "an SENet", reason: "squeeze-and-excitation"},
	{has: "features.N.block.N", name: "a MobileNetV3", reason: "the inverted residual block"},
	{has: "blocks.N.N.ghost1", name: "a GhostNet", reason: "the ghost module"},
	{has: "conv_stem", name: "an EfficientNet, a MobileNet or one of their kind", reason: "the block with a depthwise convolution"},
	{has: "stages.N.N.skipinit_gain", name: "an NFNet", reason: "scaled weight standardization in place of batch norm"},
	{"se.conv", "ecaresnet", "layerN.N", "efficient channel attention", ""},
	{"se.fc1", "seresnet", "layerN.N", "squeeze-and-excitation", ""},
	{"se_module.fc1", "seresnet", "layerN.N", "squeeze-and-excitation", ""},
	{"layerN.N.conv2.fc1", "resnest", "layerN.N", "split attention", ""},
	{"layerN.N.convs.N", "res2net", "layerN.N", "a hierarchy of convolutions within a block", ""},
	{"layerN.N.conv1.paths.N", "skresnet", "layerN.N", "the selective kernel", ""},
	{"layerN.N.bn1.IN", "resnet_ibn_", "layerN.N", "instance normalization", ""},
	{has: "attnpool", name: "CLIP's resnet", block: "layerN.N", reason: "attention pooling"},
	{has: "stageN.N.branches", name: "an HRNet", reason: "a branch at a second resolution"},
	{has: "stageN.N.branch2", name: "a ShuffleNet", reason: "the channel shuffle"},
	{has: "stages.N.conv_transition", name: "a CSPNet", reason: "the cross-stage partial connection"},
	{has: "stages.N.conv_transition_b", name: "a CSPNet", reason: "the cross-stage partial connection"},
	{has: "stages.N.blocks.N.conv1.conv", name: "a Darknet", reason: "its block, a 1×1 and a 3×3 convolution,"},
	{has: "stages.N.blocks.N.xca", name: "an EdgeNeXt", reason: "attention"},
	{has: "stages.N.blocks.N.conv_dw", name: "a ConvNeXt", reason: "its depthwise block"},
	{has: "features.N.N.layer_scale", name: "a ConvNeXt", reason: "its depthwise block"},
	{has: "features.N.N.attn", name: "a Swin transformer", reason: "attention"},
	{has: "features.N.N.block.N", name: "an EfficientNet", reason: "the inverted residual block"},
	{has: "features.N.conv.N", name: "a MobileNetV2", reason: "the inverted residual block"},
	{has: "layers.N.N.layers.N", name: "an MNASNet", reason: "the inverted residual block"},
	{has: "features.N.squeeze", name: "a SqueezeNet", reason: "the fire module"},
	{"stages.N.blocks.N.norm1", "resnetv2_", "stages.N.blocks.N", "pre-activation", "stages.N.blocks.N.mlp"},
	{"stages.N.N.conv1.gain", "nf_resnet", "stages.N.N", "scaled weight standardization in place of batch norm", ""},
	{has: "stages.N.N.conv1_1x1", name: "a net of timm's byobnet", reason: "its block"},
	{has: "features.denseblockN", name: "a DenseNet", reason: "the dense block"},
	{has: "patch_embed", name: "a vision transformer", reason: "attention"},
	{has: "encoder.layers.encoder_layer_N", name: "a vision transformer", reason: "attention"},
	{has: "Mixed_5b", name: "an Inception", reason: "its mixed block"},
	{has: "inception3a", name: "a GoogLeNet", reason: "its mixed block"},
	{has: "features.N.weight", name: "a VGG, an AlexNet or another plain network", reason: "one without residual blocks", hasNot: "features.N.N"},
}
