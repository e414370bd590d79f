package safetensors

import (
	"bytes"

	"resnet/internal/checkpoint/format"
)

// IndexName is the name, in errors, of the index of a checkpoint in several files.
const IndexName = "checkpoint index"

// A Shard says in which file a tensor is.
type Shard struct{ Tensor, File string }

// SniffIndex reports whether a file with these first bytes can be an index: it is JSON, and holds little else.
func SniffIndex(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{"))
}

// ParseIndex reads the model.safetensors.index.json that Hugging Face's libraries write beside a checkpoint in several
// files: {"metadata": {…}, "weight_map": {tensor: file}}.
func ParseIndex(text []byte) ([]Shard, error) {
	s := &scanner{data: text, format: IndexName}
	var shards []Shard
	names := map[string]bool{}
	found := false
	err := s.object(func(key string) error {
		if key != "weight_map" {
			return s.skip(0)
		}
		if found {
			return s.fail("weight_map stands twice")
		}
		found = true
		return s.object(func(name string) error {
			if names[name] {
				return s.fail("%q stands twice in weight_map", name)
			}
			if len(names) == format.MaxTensors {
				return s.fail("more than %d tensors", format.MaxTensors)
			}
			names[name] = true
			if s.peek() != '"' {
				return s.fail("the file of %q is not a string", name)
			}
			file, err := s.str()
			shards = append(shards, Shard{name, file})
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	if s.peek(); s.pos != len(text) {
		return nil, s.fail("something follows the JSON")
	}
	if !found {
		return nil, format.Errorf(IndexName, -1, "a JSON file, but no checkpoint index: it has no weight_map")
	}
	return shards, nil
}
