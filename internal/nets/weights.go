package nets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"resnet/internal/bind"
	"resnet/internal/checkpoint"
	"resnet/internal/config"
	"resnet/internal/imaging"
	"resnet/internal/model"
	"resnet/internal/quant"
	"resnet/internal/weights"
	"resnet/internal/wholefile"
)

// IsCheckpoint tells a checkpoint from YAML: by its name, or by its first bytes, which are no text, or the index of one in JSON.
// What can be neither is one too, as who opens it says what it is instead: a folder, an error page, a pointer to a file.
func IsCheckpoint(path string) bool {
	if info, err := os.Stat(path); checkpoint.HasExtension(path) || err == nil && info.IsDir() {
		return true
	}
	head := wholefile.Head(path, 64) // nothing of a pipe, which can't be looked into
	if checkpoint.Stranger(head) != "" {
		return true
	}
	head = bytes.TrimLeft(head, " \t\r\n")
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return false // UTF-16
	}
	return isJSON(head) && !IsYAML(path) || bytes.ContainsFunc(head, isControl)
}

// isJSON tells an object of JSON from a mapping of YAML in braces, whose keys hardly stand in quotation marks.
func isJSON(head []byte) bool {
	inside, ok := bytes.CutPrefix(head, []byte("{"))
	inside = bytes.TrimLeft(inside, " \t\r\n")
	return ok && len(inside) > 0 && (inside[0] == '"' || inside[0] == '}')
}

// IsYAML tells a network's description by its name.
func IsYAML(name string) bool {
	return slices.Contains([]string{".yaml", ".yml"}, strings.ToLower(filepath.Ext(name)))
}

// YAMLError is a network's description where weights are wanted.
type YAMLError struct{ Name string }

func (e *YAMLError) Error() string { return e.Name + " is a network's YAML, and no weights" }

// NoYAMLError is a file where a network's YAML is wanted: a checkpoint, or what Err says.
type NoYAMLError struct {
	Name string
	Err  error // nil: it is a checkpoint
}

func (e *NoYAMLError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return e.Name + " is a checkpoint, and no network's YAML"
}

func (e *NoYAMLError) Unwrap() error { return e.Err }

func (o *Opener) noYAML(name string) error {
	file, err := checkpoint.Open(o.reads(o.Path(name)))
	if err == nil {
		err = file.Close()
	}
	return &NoYAMLError{name, err}
}

// isControl tells what no text has: YAML allows no other of these characters.
func isControl(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' }

// Resolve finds weights by what a user calls them. A set's name counts only where there is no such file.
func (o *Opener) Resolve(ctx context.Context, what string, pull bool) (*weights.Source, error) {
	typed := what
	_, err := os.Stat(o.Path(what))
	_, known := config.Lookup(what)
	switch {
	case err == nil && IsYAML(what) && !IsCheckpoint(o.Path(what)):
		return nil, &YAMLError{what}
	case err == nil:
		what = o.Path(what)
	case IsYAML(what):
		return nil, fmt.Errorf("weights %w", err)
	case known:
		s, err := FindSet(what)
		if err != nil {
			return nil, err
		}
		what = s.Name
	}
	source, err := weights.Local(what)
	if source == nil && err == nil { // what follows needs the cache, which not everybody has a place for
		var p *weights.Puller
		if p, err = o.puller(); err == nil {
			source, err = p.Resolve(ctx, what, pull)
		}
	}
	if err != nil {
		return nil, err
	}
	if source.Name == what && source.Set == nil {
		source.Name = typed
	}
	return source, nil
}

// OpenFile finds weights by what a user calls them, and opens their file, which the caller closes.
func (o *Opener) OpenFile(ctx context.Context, what string, pull bool) (*weights.Source, *checkpoint.File, error) {
	source, err := o.Resolve(ctx, what, pull)
	if err != nil {
		return nil, nil, err
	}
	file, err := o.openFile(source)
	return source, file, err
}

// openFile opens the file of weights, and tells what is read.
func (o *Opener) openFile(source *weights.Source) (*checkpoint.File, error) {
	file, err := source.Open()
	if err != nil || source.Builtin() {
		return file, err
	}
	for _, path := range slices.Concat(file.Files(), source.Configs) {
		o.reads(path)
	}
	return file, nil
}

// FindSet finds a set of weights by its name, or by that of its network.
func FindSet(name string) (weights.Set, error) {
	arch, ok := config.Lookup(name)
	if !ok {
		return weights.MustFind(name)
	}
	if s, ok := weights.Find(arch); ok {
		return s, nil
	}
	return weights.Set{}, &NoSetError{arch}
}

// openWeights finds and binds weights, to the network that they tell of where n is nil.
func (o *Opener) openWeights(ctx context.Context, n *Net, what string, c Choice) (*Net, error) {
	source, err := o.Resolve(ctx, what, c.Pull)
	if err != nil {
		return nil, err
	}
	return o.openSource(ctx, n, source, c)
}

func (o *Opener) openSource(ctx context.Context, n *Net, source *weights.Source, c Choice) (_ *Net, err error) {
	file, err := o.openFile(source)
	if err != nil {
		return nil, err
	}
	if source.HeadOnly() {
		return o.openHead(ctx, n, source, file)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close())
		}
	}()
	if n != nil && c.Shortcut != "" {
		return nil, fmt.Errorf("%s says itself what its shortcuts are: %q is for a network that is taken from the file", n.Arch.Name, c.Shortcut)
	}
	if n == nil {
		if n, err = o.recognize(ctx, file, source, c); err != nil {
			return nil, err
		}
	}
	options := bind.Options{Structure: c.Structure, AllowExtra: c.AllowExtra}
	bound, binding, err := bind.Bind(n.Graph, quant.View(file), options)
	if err != nil && n.Arch.Path == "" {
		if less := withoutClassifier(n, file, options); less != nil {
			o.tell(Notice{Weights: source.Name, Text: "there is no classifier: " + n.Arch.Name + " is computed without its own"})
			n = less
			bound, binding, err = bind.Bind(n.Graph, quant.View(file), options)
		}
	}
	if err != nil {
		return nil, mismatch(err, source.Name, n, file)
	}
	o.tellBinding(source, n.Arch, binding)
	o.tellClasses(source, n.Arch.Spec.NumClasses)
	for _, warning := range file.Warnings() {
		if warning != checkpoint.NoChecksums {
			o.tell(Notice{Weights: source.Name, Text: warning})
		}
	}
	arch := n.Arch
	if told := binding.Preprocess; told != nil && (!told.Assumed || arch.Path == "") {
		own := *arch
		prepare(&own.Preprocess, told)
		arch = &own
	}
	return &Net{Arch: arch, Graph: n.Graph, Weights: bound, Source: source, file: file, pixels: binding.Preprocess}, nil
}

// withoutClassifier is a built-in network that ends in its last pool, where that is what a file holds; nil where it is not.
func withoutClassifier(n *Net, file *checkpoint.File, o bind.Options) *Net {
	found, err := bind.Recognize(quant.View(file), bind.RecognizeOptions{Structure: o.Structure, AllowExtra: o.AllowExtra})
	if err != nil || found.Spec.Classifier != model.ClassifierNone || len(found.Known([]model.Spec{n.Arch.Spec})) == 0 {
		return nil
	}
	arch := *n.Arch
	arch.Spec, arch.Labels = arch.Spec.WithClassifier(found.Spec), ""
	if arch.Graph, err = model.Build(arch.Spec); err != nil {
		return nil
	}
	return &Net{Arch: &arch, Graph: arch.Graph}
}

// byStructure is the dialect of a binding where names did not count.
const byStructure = "structure"

// tellBinding says what is not as it usually is. A mapping that was made by structure is always shown.
func (o *Opener) tellBinding(source *weights.Source, arch *config.Arch, b *bind.Binding) {
	name := source.Name
	for _, note := range b.Notes {
		o.tell(Notice{Weights: name, Text: note})
	}
	if p := b.Preprocess; p != nil && p.Assumed && source.Preprocess == nil && arch.Path == "" {
		others := slices.DeleteFunc(imaging.Conventions(), func(other string) bool { return other == p.Name })
		o.tell(Notice{Weights: name, Text: "the file does not say how pixels are prepared; taken for granted: " + p.Name, Pixels: others})
	}
	if b.Averaged {
		o.tell(Notice{Weights: name, Text: "the file does not say how the last map is pooled; taken for granted: its average", Pool: true})
	}
	if b.Dialect == byStructure {
		o.tell(Notice{Weights: name, Text: "bound by order and shape", Bound: b.Bound})
	}
}

// tellClasses says where the percentages of a softmax are not what a network was trained for.
func (o *Opener) tellClasses(source *weights.Source, classes int) {
	switch {
	case classes == 1:
		o.tell(Notice{Weights: source.Name, Text: "of one class alone a softmax makes 100 % always; what tells is its logit (JSON has it)"})
	case source.Problem != "" && classes > 0:
		o.tell(Notice{Weights: source.Name, Text: "config.json says problem_type: " + source.Problem + "; percentages are those of a softmax all the same, and logits (JSON has them) as they are"})
	}
}

// tellAssumed says what a file's tensors leave open: which of several networks they are of, or how one is built that is
// not built in.
func (o *Opener) tellAssumed(name string, r *Recognition) {
	if r.found.Exact {
		return // its graph tells
	}
	n := Notice{Weights: name, Text: "taken for " + r.Spec.Name, Others: r.Others(), Bares: r.Bares()}
	strange := ""
	if !named(name) {
		strange = lookalikes(r.Spec)
	}
	switch assumed := r.Assumed(); {
	case r.Spec.Name == "" && len(assumed) > 0:
		n.Text = "not told by the tensors, taken for granted: " + strings.Join(assumed, ", ")
	case n.Bares != nil:
		n.Text += " with shortcut " + r.Spec.Bare().Name
	case r.Spec.Name == "" || n.Others == nil && strange == "" && len(r.Spec.Head) == 0:
		return
	}
	if r.Spec.Name != "" && len(r.Spec.Head) > 0 {
		n.Text += fmt.Sprintf(" with head: %v, a ReLU behind each", r.Spec.Head)
	}
	n.Text += strange
	o.tell(n)
}

// recognize derives the network from a checkpoint's tensors.
func (o *Opener) recognize(ctx context.Context, file *checkpoint.File, source *weights.Source, c Choice) (*Net, error) {
	found, err := Recognize(ctx, file, source, c)
	if err != nil {
		return nil, err
	}
	arch, err := found.Arch()
	if err != nil {
		return nil, err
	}
	if source.AA != "" && source.Arch == "" {
		o.tell(Notice{Weights: source.Name, Text: "by the file's name its strides are anti-aliased (aa: " + source.AA + "), which no tensor tells"})
	}
	if source.Arch == "" && !found.named {
		o.tellAssumed(source.Name, found)
	}
	return &Net{Arch: arch, Graph: arch.Graph}, nil
}
