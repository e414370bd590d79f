package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"resnet/internal/model"
	"resnet/internal/nearest"
	"resnet/internal/wholefile"
)

// maxExtends is how many files may stand on each other.
const maxExtends = 8

// extends decodes the network that the root names, a built-in one or a file beside this one; without one the file starts
// from the defaults.
func extends(ctx context.Context, d *decoder, root *yaml.Node) file {
	base := defaults()
	if n := value(root, "extends"); n != nil && d.isNetName(n) {
		other, err := d.base(ctx, n)
		if err != nil {
			d.fail(n, "extends", "%v", err)
			d.errs[len(d.errs)-1].Err = err
		} else {
			base = *other
			base.Description = ""
		}
	}
	if kind := value(root, "classifier"); kind != nil && kind.Value == model.ClassifierNone {
		base.Spec.NumClasses, base.Spec.Head, base.Labels = 0, nil, ""
	}
	if classes := value(root, "num_classes"); classes != nil && classes.Value != fmt.Sprint(base.Spec.NumClasses) {
		base.Labels = "" // they name other classes; the file may give its own
	}
	return base
}

// isNetName tells a network's name or file from another value, which it refuses; 18 is a name.
func (d *decoder) isNetName(n *yaml.Node) bool {
	var name string
	before := len(d.errs)
	scalar(&name, "a network's name or file", "!!str", "!!int")(d, "extends", n)
	return len(d.errs) == before
}

// value is that of a key of a mapping, or nil.
func value(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// base reads what n names.
func (d *decoder) base(ctx context.Context, n *yaml.Node) (*file, error) {
	if name, ok := Lookup(n.Value); ok {
		data, err := builtinYAML(name)
		if err != nil {
			return nil, err
		}
		base, _, err := decodeFile(ctx, name+".yaml", data, nil)
		return base, err
	}
	path := beside(d.file, n.Value)
	if extension := filepath.Ext(path); extension != ".yaml" && extension != ".yml" {
		return nil, fmt.Errorf("%s is no built-in network and no YAML file%s", describe(n), nearest.Hint(n.Value, Names()))
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	for _, below := range d.below {
		if os.SameFile(info, below) {
			return nil, fmt.Errorf("%s extends itself", filepath.Base(path))
		}
	}
	if len(d.below) == maxExtends {
		return nil, fmt.Errorf("more than %d files extend each other", maxExtends)
	}
	data, err := wholefile.Read(ctx, path, maxFile)
	if err != nil {
		return nil, err
	}
	base, parent, err := decodeFile(ctx, path, data, append(d.below[:len(d.below):len(d.below)], info))
	if err != nil {
		return nil, err
	}
	d.parents = append(parent.parents, path)
	base.Weights, base.Labels = beside(path, base.Weights), beside(path, base.Labels)
	return base, nil
}
