package model

import (
	"fmt"
	"slices"
)

// Spec is a residual network as data: what a YAML file of configs/ says, with every default filled in.
type Spec struct {
	Name string // resnet50

	Block    string // a registered block type: basic, bottleneck
	Layers   []int  // blocks in layer1, layer2, …
	Planes   []int  // base planes of each layer; it puts out planes × expansion
	Strides  []int  // stride of each layer's first block
	StrideIn string // which convolution of a bottleneck carries the stride: Stride3x3 or Stride1x1
	Shortcut string // ShortcutProjection, ShortcutPad, …
	Pad      Pad    // how ShortcutPad is done

	Groups        int // of the 3×3 convolution of a bottleneck
	WidthPerGroup int // its width is planes × width_per_group / 64 × groups

	// ReplaceStrideWithDilation has an entry for each layer after the first, as in torchvision.
	ReplaceStrideWithDilation []bool

	// AA is what takes the strides of the blocks' 3×3 convolutions and of the stem's pool (anti-aliasing): AANone, …
	AA string

	// Padding is PaddingSymmetric, or PaddingSame for all convolutions and the pool, whatever the stem's numbers say.
	Padding string

	// ProjectionKernel is that of the convolution on a shortcut of ShortcutProjection: an odd number, mostly 1.
	ProjectionKernel int

	Stem       Stem
	Classifier string // what stands behind the last pool: ClassifierLinear, …
	NumClasses int    // 0 of ClassifierNone alone
	Head       []int  // outputs of fully connected layers before the classifier's own, each with a ReLU behind it
	Input      [3]int // channels, height, width
}

// Stem is what stands before layer1.
type Stem struct {
	Convs []StemConv // several make a deep stem
	Pool  *StemPool  // nil: none
}

// StemConv is one convolution of the stem.
type StemConv struct{ Kernel, Planes, Stride, Padding int }

// StemPool is the max pool that ends the stem.
type StemPool struct{ Kernel, Stride, Padding int }

// Values of Spec.Classifier.
const (
	ClassifierLinear = "linear"  // a fully connected layer
	ClassifierNoBias = "no_bias" // one that adds nothing
	ClassifierNone   = "none"    // the network puts out the features of the last pool
)

// Classifiers lists the values of Spec.Classifier.
func Classifiers() []string {
	return []string{ClassifierLinear, ClassifierNoBias, ClassifierNone}
}

// Values of Spec.StrideIn.
const (
	Stride3x3 = "3x3" // torchvision ("v1.5")
	Stride1x1 = "1x1" // the paper ("v1")
)

// Values of Spec.AA. In the stem, AAAverage stands for the max pool, AABlur behind it.
const (
	AANone    = "none"
	AAAverage = "average" // of 2×2 pixels (timm's resnetaa)
	AABlur    = "blur"    // binomial, of 3×3 (Zhang 2019, timm's resnetblur)
)

// AAs lists the values of Spec.AA.
func AAs() []string { return []string{AANone, AAAverage, AABlur} }

// Values of Spec.Padding.
const (
	PaddingSymmetric = "symmetric" // PyTorch: as much on each side
	PaddingSame      = "same"      // TensorFlow: no more than it takes, an odd pixel below and right
)

// Paddings lists the values of Spec.Padding.
func Paddings() []string { return []string{PaddingSymmetric, PaddingSame} }

// Values of Spec.Shortcut; A, B and C are the options of He et al. (2015), section 4.1.
const (
	ShortcutProjection        = "projection"         // B: a 1×1 convolution where the shape changes
	ShortcutPad               = "pad"                // A: every second pixel, missing channels zero
	ShortcutProjectionAll     = "projection_all"     // C: a 1×1 convolution in every block
	ShortcutAvgPoolProjection = "avgpool_projection" // average pool, then 1×1 (the "D" nets)
	ShortcutNone              = "none"               // a plain net
)

// Shortcuts lists the values of Spec.Shortcut.
func Shortcuts() []string {
	return []string{ShortcutProjection, ShortcutPad, ShortcutProjectionAll, ShortcutAvgPoolProjection, ShortcutNone}
}

// StrideIns lists the values of Spec.StrideIn.
func StrideIns() []string { return []string{Stride3x3, Stride1x1} }

// Default fills in what a Spec leaves out; what comes out of an empty one but for Block and Layers is torchvision's
// network of these blocks.
func (s Spec) Default() Spec {
	setDefault(&s.Block, "basic")
	setDefault(&s.StrideIn, Stride3x3)
	setDefault(&s.Shortcut, ShortcutProjection)
	setDefault(&s.AA, AANone)
	setDefault(&s.Padding, PaddingSymmetric)
	setDefault(&s.Pad.Zeros, ZerosBoth)
	setDefault(&s.Pad.Pool, PoolStride)
	setDefault(&s.Groups, 1)
	setDefault(&s.WidthPerGroup, 64)
	setDefault(&s.ProjectionKernel, 1)
	setDefault(&s.Classifier, ClassifierLinear)
	if s.Classifier != ClassifierNone {
		setDefault(&s.NumClasses, 1000)
	}
	setDefault(&s.Input, [3]int{3, 224, 224})
	if s.Stem.Convs == nil {
		s.Stem.Convs = []StemConv{{Kernel: 7, Planes: 64, Stride: 2, Padding: 3}}
	}
	return s.DefaultLists()
}

// DefaultLists fills in the lists that have an entry for each of the layers.
func (s Spec) DefaultLists() Spec {
	if s.Planes == nil {
		for i := range s.Layers {
			s.Planes = append(s.Planes, 64<<min(i, 16))
		}
	}
	if s.Strides == nil {
		for i := range s.Layers {
			s.Strides = append(s.Strides, 1+min(i, 1))
		}
	}
	if len(s.Head) == 0 {
		s.Head = nil // no layers, however that is written
	}
	if s.ReplaceStrideWithDilation == nil {
		s.ReplaceStrideWithDilation = make([]bool, max(0, len(s.Layers)-1))
	}
	return s
}

func setDefault[T comparable](p *T, value T) {
	var zero T
	if *p == zero {
		*p = value
	}
}

// Clone copies the slices too.
func (s Spec) Clone() Spec {
	s.Layers, s.Planes, s.Strides = slices.Clone(s.Layers), slices.Clone(s.Planes), slices.Clone(s.Strides)
	s.ReplaceStrideWithDilation, s.Head = slices.Clone(s.ReplaceStrideWithDilation), slices.Clone(s.Head)
	s.Stem.Convs = slices.Clone(s.Stem.Convs)
	if s.Stem.Pool != nil {
		pool := *s.Stem.Pool
		s.Stem.Pool = &pool
	}
	return s
}

// Expansion is the number of output planes of a block for each base plane.
func (s Spec) Expansion() int { return blockTypes[s.Block].expansion }

// BlockClass is PyTorch's class name of the block: BasicBlock, Bottleneck.
func (s Spec) BlockClass() string { return blockTypes[s.Block].class }

// Blocks is the number of blocks in all layers.
func (s Spec) Blocks() int {
	n := 0
	for _, l := range s.Layers {
		n += l
	}
	return n
}

// WeightedLayers is the depth as the paper counts it: convolutions and the fully connected layers, without the
// projections of shortcuts. terms holds its sum: stem, convolutions a block, blocks, fully connected.
func (s Spec) WeightedLayers() (depth int, terms [4]int) {
	terms = [4]int{len(s.Stem.Convs), blockTypes[s.Block].depth, s.Blocks(), len(s.ClassifierPaths())}
	return terms[0] + terms[1]*terms[2] + terms[3], terms
}

// LayerName is torchvision's name of layer i, counted from 0.
func LayerName(i int) string { return fmt.Sprintf("layer%d", i+1) }
