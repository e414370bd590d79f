package config

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"resnet/internal/imaging"
	"resnet/internal/model"
)

// Commented writes a network as YAML with every key and what it may be, to start a file of one's own from. It reads back
// as the same network.
func Commented(a *Arch) string {
	var b strings.Builder
	s := a.Spec
	line := func(key, value, comment string) {
		text := key + ": " + value
		for _, words := range commentLines(comment) {
			fmt.Fprintf(&b, "%-32s # %s\n", text, words)
			text = ""
		}
	}
	if a.Description != "" {
		fmt.Fprintf(&b, "description: %s\n", quoted(a.Description))
	}
	line("block", s.Block, "basic: 3×3, 3×3, expansion 1 | bottleneck: 1×1, 3×3, 1×1, expansion 4")
	line("layers", ints(s.Layers), "blocks in layer1, layer2, … (the paper's conv2_x, conv3_x, …)")
	line("planes", ints(s.Planes), "base planes; a layer puts out planes × expansion")
	line("strides", ints(s.Strides), "of each layer's first block")
	line("stride_in", s.StrideIn, "bottleneck only: 3x3 (v1.5, torchvision) | 1x1 (v1, the paper)")
	line("shortcut", s.Shortcut, "projection (B) | pad (A) | projection_all (C) | avgpool_projection (D nets) | none (plain)")
	line("projection_kernel", fmt.Sprint(s.ProjectionKernel), "shortcut projection only: of its convolution; an odd number")
	line("pad", fmt.Sprintf("{zeros: %s, pool: %s}", s.Pad.Zeros, s.Pad.Pool), "shortcut pad only: zeros both | behind, pool stride | average")
	line("aa", s.AA, "none | average | blur: takes the strides of 3×3 convolutions and stem pool (timm's resnetaa, resnetblur)")
	line("padding", s.Padding, "symmetric (PyTorch) | same (TensorFlow: an odd pixel stands below and right; the stem's do not count)")
	line("groups", fmt.Sprint(s.Groups), "bottleneck only; ResNeXt: 32")
	line("width_per_group", fmt.Sprint(s.WidthPerGroup), "bottleneck only; ResNeXt 32x4d: 4, Wide: 128")
	line("replace_stride_with_dilation", bools(s.ReplaceStrideWithDilation), "layer2, layer3, …")
	b.WriteString("\nstem:\n")
	writeStem(&b, s.Stem)
	b.WriteString("\n")
	line("classifier", s.Classifier, "linear: fully connected | no_bias | none: the network ends in the features of its last pool")
	line("head", ints(s.Head), "outputs of fully connected layers before the classifier's own, such as [512]; a ReLU follows each")
	line("num_classes", fmt.Sprint(s.NumClasses), "outputs of fc; 0 goes with classifier: none")
	line("labels", orNone(a.Labels), "imagenet | tiny_imagenet | cifar10 | a file beside this one | none")
	if a.Weights != "" {
		line("weights", quoted(a.Weights), "a file beside this one, or a set's name (resnet weights list)")
	}
	line("input", ints(s.Input[:]), "channels, height, width")
	p := a.Preprocess
	b.WriteString("preprocess:\n")
	line("  resize", size(p.Resize), "shorter side, in pixels; or [height, width]")
	line("  crop", size(p.Crop), "the centre that is kept: a square, or [height, width]")
	line("  interpolation", string(p.Interpolation), "bilinear | bicubic | lanczos | box | nearest")
	line("  order", cmp.Or(p.Order, imaging.OrderRGB), "rgb | bgr (Caffe's): of the channels that the network sees, mean and std")
	line("  range", fmt.Sprint(cmp.Or(p.Range, 1)), "1: values in 0 … 1 | 255: as they are stored")
	line("  mean", floats(p.Mean[:p.Channels()]), "of each channel; subtracted from the values")
	line("  std", floats(p.Std[:p.Channels()]), "divides what is left")
	return b.String()
}

// commentLines breaks a comment at words, so that no line of the file is wider than 80 columns.
func commentLines(comment string) []string {
	const limit = 80 - 35
	var lines []string
	for word := range strings.FieldsSeq(comment) {
		if last := len(lines) - 1; last >= 0 && utf8.RuneCountInString(lines[last]+" "+word) <= limit {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

func writeStem(b *strings.Builder, s model.Stem) {
	conv := func(c model.StemConv) string {
		return fmt.Sprintf("{kernel: %d, planes: %d, stride: %d, padding: %d}", c.Kernel, c.Planes, c.Stride, c.Padding)
	}
	if len(s.Convs) == 1 {
		fmt.Fprintf(b, "  conv: %s # or a list: a deep stem\n", conv(s.Convs[0]))
	} else {
		b.WriteString("  conv: # several: a deep stem\n")
		for _, c := range s.Convs {
			fmt.Fprintf(b, "    - %s\n", conv(c))
		}
	}
	if p := s.Pool; p != nil {
		fmt.Fprintf(b, "  pool: {kernel: %d, stride: %d, padding: %d} # or: none\n", p.Kernel, p.Stride, p.Padding)
	} else {
		b.WriteString("  pool: none # or {kernel: 3, stride: 2, padding: 1}\n")
	}
}

func size(s imaging.Size) string {
	if s.Width == 0 {
		return fmt.Sprint(s.Height)
	}
	return fmt.Sprintf("[%d, %d]", s.Height, s.Width)
}

func ints(v []int) string { return strings.ReplaceAll(fmt.Sprint(v), " ", ", ") }

func bools(v []bool) string { return strings.ReplaceAll(fmt.Sprint(v), " ", ", ") }

func floats(v []float32) string { return strings.ReplaceAll(fmt.Sprint(v), " ", ", ") }

func orNone(labels string) string {
	if labels == "" {
		return wordNone
	}
	return quoted(labels)
}

// quoted writes text as a YAML scalar: plain where that is safe.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_./- ×;'", r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 && s == strings.TrimSpace(s) && strings.IndexAny(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == 0 {
		return s
	}
	return fmt.Sprintf("%q", s)
}
