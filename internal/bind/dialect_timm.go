package bind

// timmNames are torchvision's with timm's deep stem; last_linear is from the files of its older collections.
var timmNames = dialect{
	name: "timm",
	modules: append([]moduleName{
		{"conv1.N", "conv1.N"},
		{"last_linear", "fc"},
	}, torchvisionNames.modules...),
}
