package keras

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"resnet/internal/checkpoint/hdf5"
)

// layers reads the layout of Keras 3: layers/conv2d_1/vars/0, where a layer's name is an attribute of vars (not before
// Keras 3.10 or so) or follows from the order in config. What stands beside "layers" is the optimizer's.
func (k *Reader) layers(g *hdf5.Group, path []string, config string) error {
	all := g.Group("layers")
	if all == nil {
		return nil
	}
	known := savedNames(config)
	members := slices.Clone(all.Groups)
	slices.SortStableFunc(members, func(a, b *hdf5.Group) int {
		x, n := splitNumber(base(a.Path))
		y, m := splitNumber(base(b.Path))
		return cmp.Or(known[base(a.Path)].at-known[base(b.Path)].at, strings.Compare(x, y), n-m)
	})
	for _, layer := range members {
		key := base(layer.Path)
		named := known[key]
		vars := layer.Group("vars")
		if vars == nil {
			vars = &hdf5.Group{}
		}
		name := cmp.Or(vars.Attr("name"), named.name, key)
		here := append(slices.Clone(path), name)
		for i, d := range vars.Datasets {
			if err := k.add(strings.Join(append(here, leaf(vars.Datasets, i)), "/"), d); err != nil {
				return err
			}
		}
		if err := k.layers(layer, here, named.config); err != nil {
			return err
		}
	}
	return nil
}

func base(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// splitNumber takes conv2d_12 apart.
func splitNumber(name string) (word string, n int) {
	at := strings.LastIndex(name, "_")
	if n, err := strconv.Atoi(name[at+1:]); at >= 0 && err == nil {
		return name[:at], n
	}
	return name, 0
}

// leaf names the i-th variable of a layer by the shapes of all: a kernel and its bias, or the four of a batch norm.
func leaf(vars []*hdf5.Dataset, i int) string {
	names := []string{"kernel", "bias"}
	if len(vars) == 4 {
		names = []string{"gamma", "beta", "moving_mean", "moving_variance"}
	}
	for at, d := range vars {
		rank := len(d.Info.Shape)
		isKernel := at == 0 && len(names) == 2
		if base(d.Path) != strconv.Itoa(at) || at >= len(names) || isKernel != (rank > 1) || rank == 0 {
			return base(vars[i].Path)
		}
	}
	return names[i]
}

// saved is a layer of a model's config.
type saved struct {
	name   string
	config string // its own, where it is a model
	at     int    // its place
}

// savedNames tells which layers Keras saves under which keys: the class in snake case, numbered in the order of config.
func savedNames(config string) map[string]saved {
	var model struct {
		Config struct {
			Layers []struct {
				ClassName string          `json:"class_name"`
				Config    json.RawMessage `json:"config"`
			} `json:"layers"`
		} `json:"config"`
	}
	if json.Unmarshal([]byte(config), &model) != nil {
		return nil
	}
	names, count := map[string]saved{}, map[string]int{}
	for at, layer := range model.Config.Layers {
		var inner struct{ Name string }
		if json.Unmarshal(layer.Config, &inner) != nil {
			return nil
		}
		key := snakeCase(layer.ClassName)
		if n := count[key]; n > 0 {
			key += "_" + strconv.Itoa(n)
		}
		count[snakeCase(layer.ClassName)]++
		names[key] = saved{inner.Name, `{"config":` + string(layer.Config) + `}`, at + 1}
	}
	return names
}

// snakeCase is Keras's to_snake_case: BatchNormalization is batch_normalization, ZeroPadding2D zero_padding2d.
func snakeCase(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		next := i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if i > 0 && unicode.IsUpper(r) && (next || unicode.IsLower(runes[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
