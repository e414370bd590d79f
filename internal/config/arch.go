// Package config finds a network by name or file, reads its YAML strictly, and holds the tool's own settings.
package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"resnet/configs"
	"resnet/internal/imaging"
	"resnet/internal/model"
	"resnet/internal/nearest"
	"resnet/internal/wholefile"
)

// Arch is a network as a YAML file describes it.
type Arch struct {
	Name        string // resnet50; of a user's file its name without .yaml
	Description string // what it is for
	Spec        model.Spec
	Graph       *model.Graph // what Spec describes
	Preprocess  imaging.Preprocess
	Labels      string   // a built-in list (imagenet), or the path of a file; "" for none
	Weights     string   // a name or the path of a file; "" where the YAML names none
	Path        string   // of the user's file; "" for a built-in network
	Extends     []string // the paths of the files that it stands on

	decoder *decoder // that read the file
}

// At is err as what is wrong with a key of the file, at its place. What err says of the key first is not said twice.
func (a *Arch) At(key string, err error) error {
	if err == nil || a.decoder == nil {
		return err
	}
	msg := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(err.Error(), key), ":"), " ")
	n := a.decoder.place(key)
	return &Error{File: a.decoder.file, Line: n.Line, Col: n.Column, Key: key, Msg: msg, Err: err}
}

// maxFile bounds a YAML file before it is parsed; the longest built-in one has 1 kB.
const maxFile = 1 << 20

// Names lists the built-in networks: by family, then by depth.
var Names = sync.OnceValue(func() []string {
	files, err := fs.Glob(configs.FS, "*.yaml")
	if err != nil {
		panic(err) // the pattern is constant
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	slices.SortFunc(files, compareNames)
	return files
})

// Load finds the built-in network that a user named, in any spelling: 50, resnet50, ResNet-50, 20 for resnet20_cifar.
func Load(net string) (*Arch, error) {
	if name, ok := Lookup(net); ok {
		return loadBuiltin(name)
	}
	return nil, fmt.Errorf("no network %q%s (resnet models lists them; a YAML file of your own is given by its path)", net, hint(net))
}

// hint names the network that was meant, or of a depth that is not built in those that are.
func hint(net string) string {
	if _, err := strconv.Atoi(strings.TrimPrefix(fold(net), "resnet")); err != nil {
		return nearest.Hint(net, Names())
	}
	depths := func(suffix string) string {
		var all []string
		for _, name := range Names() {
			depth := strings.TrimSuffix(strings.TrimPrefix(name, "resnet"), suffix)
			if _, err := strconv.Atoi(depth); err == nil && name == "resnet"+depth+suffix {
				all = append(all, depth)
			}
		}
		return strings.Join(all, ", ")
	}
	return "; ResNets that are built in have " + depths("") + " layers, for CIFAR-10 " + depths("_cifar")
}

// Lookup gives the built-in name that a spelling stands for.
func Lookup(net string) (name string, ok bool) {
	want := fold(net)
	if want == "" {
		return "", false
	}
	for _, pattern := range []string{"%s", "resnet%s", "%scifar", "resnet%scifar"} {
		folded := fmt.Sprintf(pattern, want)
		for _, name := range Names() {
			if fold(name) == folded {
				return name, true
			}
		}
	}
	return "", false
}

// fold makes all spellings of a name one, its title among them: case, -, _, spaces and brackets do not matter.
func fold(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "", "(", "", ")", "", "×", "x").Replace(strings.ToLower(name))
}

// LooksLikeFile tells a path from a name.
func LooksLikeFile(net string) bool {
	if strings.ContainsAny(net, `/\`) || strings.HasSuffix(net, ".yaml") || strings.HasSuffix(net, ".yml") {
		return true
	}
	info, err := os.Stat(net)
	return err == nil && !info.IsDir()
}

func builtinYAML(name string) ([]byte, error) { return configs.FS.ReadFile(name + ".yaml") }

func loadBuiltin(name string) (*Arch, error) {
	data, err := builtinYAML(name)
	if err != nil {
		return nil, err
	}
	return read(context.Background(), name+".yaml", name, data) // it extends no file
}

// LoadFile reads a user's YAML file, or a pipe until ctx is done. The paths that a file names are relative to itself, and
// those that come out of a pipe to the working directory.
func LoadFile(ctx context.Context, path string) (*Arch, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	data, err := wholefile.Read(ctx, path, maxFile)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".yaml"), ".yml")
	arch, err := read(ctx, path, name, data, info)
	if err != nil {
		return nil, err
	}
	arch.Path = path
	arch.Weights = beside(path, arch.Weights)
	arch.Labels = beside(path, arch.Labels)
	return arch, nil
}

// Parse reads a network from YAML that came inside of another file, and so may name no further one: where is what errors call it.
func Parse(ctx context.Context, where, name, text string) (*Arch, error) {
	root, err := parse(where, []byte(text), "a network's keys and values")
	if err != nil {
		return nil, err
	}
	for _, key := range []string{"extends", "labels", "weights"} {
		n := value(root, key)
		if n != nil && (key != "labels" || n.Value != wordNone) {
			return nil, &Error{File: where, Line: n.Line, Col: n.Column, Msg: fmt.Sprintf("%s: the network must be described here alone", key)}
		}
	}
	return read(ctx, where, name, []byte(text))
}

// Alone is the network as YAML that Parse reads: without labels and weights.
func (a *Arch) Alone() string {
	own := *a
	own.Labels, own.Weights = "", ""
	return Commented(&own)
}

// beside makes a relative path absolute from the file that names it. What is no path (a list's or set's name) stays.
func beside(file, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return name // a pipe stands nowhere
	}
	joined := filepath.Join(filepath.Dir(file), name)
	if _, err := os.Lstat(joined); err == nil || filepath.Ext(name) != "" || strings.ContainsAny(name, `/\`) {
		return joined
	}
	return name
}

// read decodes and checks one file.
func read(ctx context.Context, path, name string, data []byte, below ...os.FileInfo) (*Arch, error) {
	f, d, err := decodeFile(ctx, path, data, below)
	if f == nil {
		return nil, err
	}
	f.Name = name
	unread := d.errs
	d.partly, d.errs = err != nil, nil
	arch := f.arch(d)
	arch.decoder, arch.Extends = d, d.parents
	if d.partly {
		d.validate(arch.Spec)
		d.errs = append(unread, d.standing(unread)...)
	} else {
		arch.Graph = d.build(arch.Spec)
	}
	return arch, d.err()
}

// decodeFile decodes a file, on top of what it extends. below are the files that are read already, this one last. Where it
// is YAML at all, file and decoder come with an error too.
func decodeFile(ctx context.Context, path string, data []byte, below []os.FileInfo) (*file, *decoder, error) {
	root, err := parse(path, data, "a network's keys and values, such as block: basic")
	if err != nil {
		return nil, nil, err
	}
	if hint := settingsHint(root); hint != "" {
		return nil, nil, &Error{File: path, Line: root.Line, Col: root.Column, Msg: hint}
	}
	d := &decoder{file: path, root: root, nodes: map[string]*yaml.Node{}, below: below}
	f := extends(ctx, d, root)
	d.mapping("", root, f.fields())
	return &f, d, d.err()
}

// build builds the network, and places what the model says of its spec at the lines it came from.
func (d *decoder) build(spec model.Spec) *model.Graph {
	g, err := model.Build(spec)
	for _, err := range parts(err) {
		if field, ok := errors.AsType[*model.FieldError](err); ok {
			d.failAt(field.Key, "%s", field.Msg)
		} else {
			d.failAt("", "%v", err)
		}
	}
	return g
}

// validate is for a spec of which a part could not be read: it places what is wrong with single values.
func (d *decoder) validate(spec model.Spec) {
	for _, err := range parts(spec.Validate()) {
		if field, ok := errors.AsType[*model.FieldError](err); ok && field.Alone {
			d.failAt(field.Key, "%s", field.Msg)
		}
	}
}

// parts are the errors that err joins.
func parts(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

// settingsHint recognises the tool's settings file, which is no network.
func settingsHint(root *yaml.Node) string {
	for i := 0; i+1 < len(root.Content); i += 2 {
		for _, s := range AllSettings() {
			if root.Content[i].Value == s.Key {
				return fmt.Sprintf("%q is a setting of the tool, and this should describe a network; settings belong into %s", s.Key, ProjectSettingsFile)
			}
		}
	}
	return ""
}
