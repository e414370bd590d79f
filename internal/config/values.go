package config

import (
	"context"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"

	"resnet/internal/wholefile"
)

// FormatValues writes names and plain values as YAML, below a comment of one line.
func FormatValues(comment string, values []Key) ([]byte, error) {
	mapping := yaml.Node{Kind: yaml.MappingNode, HeadComment: "# " + comment}
	for _, v := range values {
		mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: v.Name}, &yaml.Node{Kind: yaml.ScalarNode, Value: v.Value})
	}
	return yaml.Marshal(&mapping)
}

// ReadValues reads what FormatValues wrote. Each of the names must be there once, and no other.
func ReadValues(ctx context.Context, path string, names []string) (map[string]string, error) {
	data, err := wholefile.Read(ctx, path, maxFile)
	if err != nil {
		return nil, err
	}
	root, err := parse(path, data, "names and values")
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	var errs []error
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		_, twice := values[key.Value]
		msg := ""
		switch {
		case !known[key.Value]:
			msg = "is not known"
		case twice:
			msg = "stands there twice"
		case value.Kind != yaml.ScalarNode:
			msg = "want one value"
		}
		if msg != "" {
			errs = append(errs, &Error{File: path, Line: key.Line, Col: key.Column, Key: key.Value, Msg: msg})
		}
		values[key.Value] = value.Value
	}
	for _, name := range names {
		if _, ok := values[name]; !ok {
			errs = append(errs, fmt.Errorf("%s: %s is missing", path, name))
		}
	}
	return values, errors.Join(errs...)
}
