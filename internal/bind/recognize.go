package bind

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// RecognizeOptions are what is known of a file beside its tensors.
type RecognizeOptions struct {
	Part      string // as in Options
	Structure bool   // by order and shape, whatever the names
	// StrideIn and FirstStride, the stride of layer1, are from a config file; "" and 0 where there is none.
	StrideIn    string
	FirstStride int
	AllowExtra  bool // as in Options
	// OutputStride is how much smaller the last map is than the input, where a config says it: what the strides would make more
	// of is dilation. 0: nothing is said.
	OutputStride int
	// AA is the anti-aliasing that a name says, no tensor being its own (model.Spec); "": none.
	AA string
	// Shortcut is the name of one of model.Bares, where somebody says which it is; "": nobody does.
	Shortcut string

	usualStride string // StrideIn as files of its kind mostly have it
}

// Recognized is the network that a file's tensors tell of.
type Recognized struct {
	Spec    model.Spec // complete but for its name; what tensors cannot tell is as it usually is
	Dialect string     // whose names the file has
	// Assumed are the keys of what was taken for granted and changes results; Say tells their values.
	Assumed []string
	// Ask is the key of the spec that tensors cannot tell and that is not taken for granted; "" mostly.
	Ask string
	// Exact is true where the file says all of the network itself, and Sized where the size of its input too.
	Exact, Sized bool
	// Preprocess is what it says or what is usual for files of its kind; nil where nothing is known.
	Preprocess *Preprocess
}

// Recognize derives a network from the names and shapes of its tensors: block, depths, widths, groups, stem, shortcut and
// classes. A network outside the family is a *ForeignError.
func Recognize(w graph.Weights, opts RecognizeOptions) (*Recognized, error) {
	t, err := translate(w)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return recognize(w, opts)
	}
	opts.usualStride, opts.Structure = t.strideIn, opts.Structure && !t.placed
	r := &Recognized{}
	if t.spec != nil {
		r.Spec, r.Exact, r.Sized = *t.spec, true, t.sized
	} else if r, err = recognize(t, opts); err != nil {
		return nil, err
	}
	r.Preprocess = t.preprocess
	if t.dialect != "" && !opts.Structure {
		r.Dialect = t.dialect
	}
	return r, nil
}

func recognize(w graph.Weights, opts RecognizeOptions) (*Recognized, error) {
	l, err := recognizedLayout(w, opts)
	if err != nil {
		return nil, err
	}
	c := census{weights: w, layout: l}
	r := c.recognize(opts)
	if len(c.errs) == 0 {
		err = fits(r.Spec, w, l, opts)
	} else {
		err = errors.Join(c.errs...)
	}
	if err == nil {
		return r, nil
	}
	if f := foreign(w); f != nil {
		return nil, f
	}
	return nil, err
}

func recognizedLayout(w graph.Weights, opts RecognizeOptions) (*layout, error) {
	if opts.Structure {
		return ownStructure(w)
	}
	return namedLayout(w, opts.Part)
}

// fits checks that the network that was derived has the very tensors of the file.
func fits(s model.Spec, w graph.Weights, l *layout, opts RecognizeOptions) error {
	g, err := model.Build(s)
	if err != nil {
		return err
	}
	if opts.Structure {
		_, _, err = Bind(g, w, Options{Structure: true})
		return err
	}
	b := binder{graph: g, producers: g.Producers(), weights: w, layout: l, used: map[string]bool{}, allowExtra: opts.AllowExtra}
	return b.run()
}

// census reads a network's structure off its tensors and collects what makes no sense.
type census struct {
	weights graph.Weights
	layout  *layout
	errs    []error
}

func (c *census) fail(format string, a ...any) { c.errs = append(c.errs, fmt.Errorf(format, a...)) }

func (c *census) has(name string) bool {
	_, ok := c.layout.names[name]
	return ok
}

// dim is one dimension of a tensor; 0 where there is no such tensor or dimension, or none that a network can have.
func (c *census) dim(name string, i int) int {
	info, _ := c.weights.Info(c.layout.names[name])
	if c.has(name) && i < len(info.Shape) && info.Shape[i] <= model.MaxClasses {
		return info.Shape[i]
	}
	return 0
}

func (c *census) recognize(opts RecognizeOptions) *Recognized {
	r := &Recognized{Dialect: c.layout.name()}
	s := &r.Spec
	c.layers(s)
	c.stem(r)
	if len(c.errs) == 0 {
		c.widths(s)
	}
	if len(c.errs) > 0 {
		return r
	}
	c.classifier(r, opts.AllowExtra)
	s.AA = opts.AA
	c.shortcut(r, opts.Shortcut)
	*s = s.Default()
	c.strides(r, opts)
	return r
}

// projects tells whether a layer's first block has parameters in its shortcut.
func (c *census) projects(layer int) bool {
	path := model.LayerName(layer) + ".0.downsample."
	return c.has(path+"0.weight") || c.has(path+"1.weight")
}

// layers counts the blocks.
func (c *census) layers(s *model.Spec) {
	for len(s.Layers) < 16 {
		n := 0
		for n <= model.MaxBlocks && c.has(fmt.Sprintf("%s.%d.conv1.weight", model.LayerName(len(s.Layers)), n)) {
			n++
		}
		if n == 0 {
			break
		}
		s.Layers = append(s.Layers, n)
	}
	if len(s.Layers) == 0 {
		c.fail("missing layer1.0.conv1.weight")
		return
	}
	s.Block = "basic"
	if c.has("layer1.0.conv3.weight") {
		s.Block = "bottleneck"
	}
}

// widths reads planes, groups and width per group.
func (c *census) widths(s *model.Spec) {
	last := "conv2"
	if s.Block == "bottleneck" {
		last = "conv3"
	}
	for i := range s.Layers {
		out := c.dim(model.LayerName(i)+".0."+last+".weight", 0)
		if out == 0 || out%s.Expansion() != 0 {
			c.fail("%s.0.%s.weight has %d outputs", model.LayerName(i), last, out)
			return
		}
		s.Planes = append(s.Planes, out/s.Expansion())
	}
	if s.Block != "bottleneck" {
		return
	}
	width, in := c.dim("layer1.0.conv2.weight", 0), c.dim("layer1.0.conv2.weight", 1)
	if in == 0 || width == 0 || width%in != 0 {
		c.fail("layer1.0.conv2.weight has %d outputs and %d inputs a group", width, in)
		return
	}
	s.Groups = width / in
	if width*64%(s.Planes[0]*s.Groups) != 0 {
		c.fail("layer1.0 has %d channels inside for %d planes and %d groups", width, s.Planes[0], s.Groups)
		return
	}
	s.WidthPerGroup = width * 64 / (s.Planes[0] * s.Groups)
}

// shortcut reads which blocks have parameters in their shortcut.
func (c *census) shortcut(r *Recognized, told string) {
	s := &r.Spec
	every, any := true, false
	for i, n := range s.Layers {
		for b := range n {
			path := fmt.Sprintf("%s.%d.downsample.", model.LayerName(i), b)
			has := c.has(path+"0.weight") || c.has(path+"1.weight")
			every, any = every && has, any || has
			if c.dim(path+"1.weight", 2) > 0 {
				s.Shortcut = model.ShortcutAvgPoolProjection
			}
			if kernel := c.dim(path+"0.weight", 2); kernel > 1 && s.ProjectionKernel == 0 {
				s.ProjectionKernel = kernel
			}
		}
	}
	switch {
	case told != "" && (any || !c.changesShape(s)):
		c.fail("the shortcuts are told by the tensors: %q is for those without", told)
	case s.Shortcut != "":
	case every && s.Blocks() > len(s.Layers):
		s.Shortcut = model.ShortcutProjectionAll
	case any:
		s.Shortcut = model.ShortcutProjection
	case !c.changesShape(s):
		s.Shortcut = model.ShortcutProjection // all blocks keep the shape, the shortcuts are identities
	case told != "":
		at := slices.IndexFunc(model.Bares(), func(b model.Bare) bool { return b.Name == told })
		if at < 0 {
			c.fail("no shortcut is called %q", told)
			return
		}
		s.Shortcut, s.Pad = model.Bares()[at].Shortcut, model.Bares()[at].Pad
	default:
		s.Shortcut = model.ShortcutPad
		if c.layout.dialect != nil && c.layout.dialect.shortcut == model.ShortcutPad {
			r.Assumed = append(r.Assumed, "shortcut")
		} else {
			r.Ask = "shortcut"
		}
	}
}

// classifier reads what stands behind the last pool. A matrix that is left after the last layer is a classifier by a name that
// nobody knows, and not none, unless somebody says that it is to be passed over.
func (c *census) classifier(r *Recognized, allowExtra bool) {
	s := &r.Spec
	first := "fc"
	if c.has("fc.0.weight") {
		first = "fc.0"
		for i := 2; c.has(fmt.Sprintf("fc.%d.weight", i)); i += 2 {
			s.Head = append(s.Head, c.dim(fmt.Sprintf("fc.%d.weight", i-2), 0))
		}
		r.Assumed = append(r.Assumed, "head")
	}
	switch {
	case !c.has(first + ".weight"):
		s.Classifier = model.ClassifierNone
		if strange := c.strangeMatrices(); len(strange) > 0 && !allowExtra {
			c.fail("missing fc.weight: the classifier is not one fully connected layer of that name; there is %s", quoteAll(strange[:min(3, len(strange))]))
		}
		return
	case !c.has(first + ".bias"):
		s.Classifier = model.ClassifierNoBias
	}
	s.NumClasses = c.dim(fmt.Sprintf("fc.%d.weight", 2*len(s.Head)), 0)
	if len(s.Head) == 0 {
		s.NumClasses = c.dim("fc.weight", 0)
	}
}

// strangeMatrices are the weights of fully connected layers that are neither the network's nor its training's.
func (c *census) strangeMatrices() []string {
	var matrices []string
	for _, name := range c.weights.Names() {
		info, _ := c.weights.Info(name)
		if len(info.Shape) == 2 && strings.HasSuffix(name, "weight") && !c.layout.training(name) {
			matrices = append(matrices, name)
		}
	}
	return matrices
}

// changesShape tells whether the planes grow somewhere. Where they never do, a shortcut without parameters is the identity.
func (c *census) changesShape(s *model.Spec) bool {
	in := c.stemPlanes(s)
	return slices.ContainsFunc(s.Planes, func(planes int) bool { return planes*s.Expansion() != in })
}

func (c *census) stemPlanes(s *model.Spec) int { return s.Stem.Convs[len(s.Stem.Convs)-1].Planes }

// strides fills in what no tensor tells.
func (c *census) strides(r *Recognized, opts RecognizeOptions) {
	s := &r.Spec
	in := c.stemPlanes(s)
	if opts.FirstStride > 0 {
		s.Strides[0] = opts.FirstStride
	} else if s.Shortcut == model.ShortcutProjection && in == s.Planes[0]*s.Expansion() && c.has("layer1.0.downsample.0.weight") {
		s.Strides[0] = 2 // nothing else makes a projection between equal widths
		r.Assumed = append(r.Assumed, "strides")
	}
	for i := 1; i < len(s.Layers); i++ {
		same := s.Planes[i] == s.Planes[i-1]
		bare := !c.projects(i) && (s.Shortcut == model.ShortcutProjection || s.Shortcut == model.ShortcutAvgPoolProjection)
		if same && bare {
			s.Strides[i] = 1 // an identity between equal widths
		}
	}
	if opts.OutputStride > 0 {
		c.dilate(s, opts.OutputStride)
	}
	if slices.Contains(s.ReplaceStrideWithDilation, true) && (s.Shortcut == model.ShortcutAvgPoolProjection || s.AA != model.AANone) {
		c.fail("an output stride of %d makes dilations, which are not computed beside pooled shortcuts and anti-aliasing", opts.OutputStride)
	}
	if s.Block != "bottleneck" || slices.Max(s.Strides) == 1 {
		return
	}
	s.StrideIn = cmp.Or(opts.StrideIn, opts.usualStride, s.StrideIn)
	if opts.StrideIn == "" {
		r.Assumed = append(r.Assumed, "stride_in")
	}
}

// dilate puts dilation in the place of the strides of the layers behind an output stride, as timm does, whose layers have a
// stride of 2 each.
func (c *census) dilate(s *model.Spec, outputStride int) {
	stride := 1
	for _, conv := range s.Stem.Convs {
		stride *= conv.Stride
	}
	if s.Stem.Pool != nil {
		stride *= s.Stem.Pool.Stride
	}
	for i := 1; i < len(s.Layers); i++ {
		if s.ReplaceStrideWithDilation[i-1] = stride >= outputStride; s.ReplaceStrideWithDilation[i-1] {
			s.Strides[i] = 2
		} else {
			stride *= 2
		}
	}
}
