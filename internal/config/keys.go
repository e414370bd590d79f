package config

import (
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Key is a key of a network's YAML and its value on one line.
type Key struct{ Name, Value string } // stem.pool, {kernel: 3, stride: 2, padding: 1}

// Keys lists all keys of a network but its description, in the order of the file that Commented writes. Files are
// relative to the network's own, wherever that lies.
func Keys(a *Arch) ([]Key, error) {
	own := *a
	if a.Path != "" {
		dir := filepath.Dir(a.Path) + string(filepath.Separator)
		own.Labels, own.Weights = strings.TrimPrefix(a.Labels, dir), strings.TrimPrefix(a.Weights, dir)
	}
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(Commented(&own)), &root); err != nil {
		return nil, err
	}
	return keys("", root.Content[0]), nil
}

// keys lists those of a mapping, and of the mappings in it that stand on lines of their own.
func keys(within string, node *yaml.Node) []Key {
	var all []Key
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := within+node.Content[i].Value, node.Content[i+1]
		switch {
		case name == "description":
		case value.Kind == yaml.MappingNode && value.Style&yaml.FlowStyle == 0:
			all = append(all, keys(name+".", value)...)
		default:
			all = append(all, Key{name, flow(value)})
		}
	}
	return all
}

// flow writes a value on one line.
func flow(node *yaml.Node) string {
	var parts []string
	switch node.Kind {
	case yaml.SequenceNode:
		for _, item := range node.Content {
			parts = append(parts, flow(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			parts = append(parts, node.Content[i].Value+": "+flow(node.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return node.Value
}
