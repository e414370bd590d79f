package render_test

import (
	"strings"

	"resnet/internal/imaging"
	"resnet/internal/render"
)

// weightSets has one set of each kind.
func weightSets() *render.WeightSets {
	return &render.WeightSets{Sets: []render.WeightSet{
		{
			Name: "resnet18_tiny", Arch: "resnet18_tiny", Source: "built in", License: "Apache-2.0", SHA256: strings.Repeat("4a", 32),
			Size: 5711384, SizeIsExact: true, Top1: 55.06, Top5: 79.49, MeasuredAt: 64, Crop: 64, Labels: "tiny_imagenet",
			Preprocess: imaging.ImageNet, Prepared: "73 → 64 bilinear", Here: "built in",
		},
		{
			Name: "resnext50_32x4d.fb_swsl_ig1b_ft_in1k", Arch: "resnext50_32x4d", Source: "timm", License: "CC-BY-NC-4.0", URL: "https://example.org/x",
			SHA256Prefix: "d63eafa0", Top1: 82.174, Top5: 96.222, MeasuredAt: 224, Crop: 224, Labels: "imagenet",
			Preprocess: imaging.ImageNet, Prepared: "256 → 224 bilinear", Path: "/cache/x.safetensors", Here: "yes",
		},
		{Name: "mine", Source: "added", SHA256: strings.Repeat("0", 64), Size: 1234, SizeIsExact: true, Path: "/cache/mine.pth", Here: "yes"},
	}}
}

// inspection has a tensor of each kind.
func inspection() *render.Inspection {
	some := func(v float64) *float64 { return &v }
	return &render.Inspection{
		File: "model.pth", Format: "PyTorch zip", Size: 46_830_571, SHA256: strings.Repeat("ab", 32),
		Network: "resnet50, 1,000 classes, torchvision names", Arch: "resnet50", Dialect: "torchvision", Params: 9_409,
		Warnings: []string{"the file has no checksums: damage to the weights cannot be noticed"},
		Tensors: []render.InspectedTensor{
			{Name: "conv1.weight", DType: "float32", Shape: []int{64, 3, 7, 7}, Mean: some(1e-5), Std: some(.12), Min: some(-1.5), Max: some(2.25), NaN: 2, Inf: 1200},
			{Name: "bn1.num_batches_tracked", DType: "int64", Shape: []int{}},
			{Name: "odd\x1b[31m name\n", DType: "float16", Shape: []int{3}, NaN: 3},
		},
	}
}
