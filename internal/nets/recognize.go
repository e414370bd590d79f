package nets

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/bind"
	"resnet/internal/checkpoint"
	"resnet/internal/config"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/quant"
	"resnet/internal/weights"
)

// Recognition is the network that a checkpoint's tensors tell of.
type Recognition struct {
	Spec model.Spec // the known network that was chosen, else what the tensors tell

	found  *bind.Recognized
	source *weights.Source
	named  bool         // somebody says which network it is
	told   *config.Arch // that the file describes itself; nil: it does not
}

// Recognize finds the known network that a file's tensors fit, else the one that they tell of. With a *bind.ChoiceError,
// where the tensors leave open which one it is, the result is what they do tell.
func Recognize(ctx context.Context, file *checkpoint.File, source *weights.Source, c Choice) (*Recognition, error) {
	options := bind.RecognizeOptions{
		Structure: c.Structure, AllowExtra: c.AllowExtra, Shortcut: c.Shortcut, StrideIn: source.StrideIn, FirstStride: source.FirstStride, OutputStride: source.OutputStride, AA: source.AA,
	}
	found, err := bind.Recognize(quant.View(file), options)
	if err != nil {
		return nil, &WeightsError{source.Name, err}
	}
	r := &Recognition{found: found, Spec: found.Spec, source: source}
	if source.YAML() != "" && !found.Exact {
		if r.told, err = parseTold(ctx, source); err != nil {
			return nil, err
		}
		r.Spec, r.named = r.told.Spec, true
		return r, nil
	}
	known := knownSpecs(found)
	said, ok := config.Lookup(cmp.Or(source.Network(), source.Arch))
	if i := slices.IndexFunc(known, func(s model.Spec) bool { return s.Name == said }); i > 0 {
		known[0], known[i] = known[i], known[0] // of several that compute the same, it is taken
	}
	if ok && !found.Exact && found.Spec.AA == model.AANone && !slices.Contains(found.Spec.ReplaceStrideWithDilation, true) {
		for _, s := range found.Known(known) {
			if s.Name == said {
				r.Spec, r.named = s.WithClassifier(found.Spec), true
				return r, nil
			}
		}
	}
	if name := source.Network(); name != "" && !found.Exact {
		return nil, &WeightsError{source.Name, fmt.Errorf("metadata resnet.network: the tensors are not those of a built-in network %q", name)}
	}
	spec, err := found.Choose(known)
	if err != nil {
		return r, &WeightsError{source.Name, err}
	}
	r.Spec = spec
	return r, nil
}

// Assumed says what the tensors do not tell.
func (r *Recognition) Assumed() []string {
	if r.told != nil {
		return nil
	}
	return r.found.SayAll(r.Spec)
}

// Dialect is whose names the tensors have.
func (r *Recognition) Dialect() string { return r.found.Dialect }

// Others are the built-in networks that the same tensors fit too.
func (r *Recognition) Others() []string {
	var others []string
	for _, s := range r.found.Known(knownSpecs(r.found)) {
		if s.Name != r.Spec.Name {
			others = append(others, s.Name)
		}
	}
	return others
}

// Bares are the other shortcuts without parameters, where it was taken for granted which they are.
func (r *Recognition) Bares() []string {
	if !slices.Contains(r.found.Assumed, "shortcut") {
		return nil
	}
	var others []string
	for _, b := range model.Bares() {
		if b != r.Spec.Bare() {
			others = append(others, b.Name)
		}
	}
	return others
}

// Arch dresses the network with what the file says or stands beside it, else with what its built-in one has or what goes
// with its input.
func (r *Recognition) Arch() (*config.Arch, error) {
	arch, err := r.arch()
	if err != nil {
		return nil, err
	}
	if p := r.source.Preprocess; p != nil {
		arch.Preprocess = *p
	}
	if r.source.Told == nil {
		return arch, nil
	}
	arch.Labels = "" // they are the source's, or there are none
	if list := r.source.Labels; list != nil && slices.Contains(labels.Names(), list.Name) {
		arch.Labels = list.Name
	}
	if name := r.source.Network(); name != "" && name != arch.Name {
		arch.Name, arch.Spec.Name = name, name
		arch.Graph, err = model.Build(arch.Spec)
	}
	return arch, err
}

func (r *Recognition) arch() (*config.Arch, error) {
	if r.told != nil {
		own := *r.told
		return &own, nil
	}
	spec := r.Spec
	if spec.Name == "" {
		base := filepath.Base(r.source.Name)
		spec.Name = strings.TrimSuffix(base, filepath.Ext(base))
		graph, err := model.Build(spec)
		if err != nil {
			return nil, &WeightsError{r.source.Name, err}
		}
		arch := &config.Arch{Name: spec.Name, Spec: spec, Graph: graph, Preprocess: sized(imaging.ImageNet, spec.Input)}
		prepare(&arch.Preprocess, r.found.Preprocess)
		if spec.NumClasses == 1000 {
			arch.Labels = "imagenet"
		}
		return arch, nil
	}
	arch, err := config.Load(spec.Name)
	if err != nil {
		return nil, err
	}
	prepare(&arch.Preprocess, r.found.Preprocess)
	own, classes := arch.Spec.Input, arch.Spec.SameClassifier(spec)
	if told := r.found.Spec.Input; r.found.Sized && told != own {
		spec.Input, arch.Preprocess = told, sized(arch.Preprocess, told)
	}
	if classes && spec.Input == own {
		return arch, nil
	}
	arch.Spec = spec
	if !classes {
		arch.Labels = ""
	}
	if arch.Graph, err = model.Build(spec); err != nil {
		return nil, &WeightsError{r.source.Name, err}
	}
	return arch, nil
}

// sized is a preprocessing for an input of another size: of large ones an eighth is cut off, as of ImageNet's.
func sized(p imaging.Preprocess, input [3]int) imaging.Preprocess {
	p.Crop = imaging.Size{Height: input[1], Width: input[2]}
	if input[1] == input[2] {
		p.Crop = imaging.Single(input[1])
	}
	p.Resize = p.Crop
	if short := min(input[1], input[2]); short >= 100 {
		p.Resize = imaging.Single(short * 8 / 7)
	}
	return p
}

// prepare makes a preprocessing what a file says of it, or what is usual for files of its kind.
func prepare(p *imaging.Preprocess, told *bind.Preprocess) {
	switch {
	case told == nil:
	case told.Name != "":
		if as, err := p.As(told.Name); err == nil {
			*p = as
		}
	default:
		for i := range p.Std {
			p.Mean[i], p.Std[i] = float32(told.Mean[i]), float32(told.Std[i])
		}
	}
}

// knownSpecs are the built-in networks that may have a recognized one's tensors. Names carry the depth, which saves
// reading the others.
func knownSpecs(found *bind.Recognized) []model.Spec {
	_, terms := found.Spec.WeightedLayers()
	depth := strconv.Itoa(1 + terms[1]*terms[2] + 1)
	var specs []model.Spec
	for _, name := range config.Names() {
		if digits := firstNumber(name); digits != "" && digits != depth {
			continue
		}
		if arch, err := config.Load(name); err == nil {
			specs = append(specs, arch.Spec)
		}
	}
	return specs
}

func firstNumber(name string) string {
	start := strings.IndexAny(name, "0123456789")
	if start < 0 {
		return ""
	}
	rest := name[start:]
	return rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
}

// ShortName is the number that stands for a network, or its name.
func ShortName(name string) string {
	if number := firstNumber(name); number != "" {
		if full, ok := config.Lookup(number); ok && full == name {
			return number
		}
	}
	return name
}
