package hooks

import (
	"fmt"

	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/graph"
	"resnet/internal/tensor"
)

// Saver is a hook that writes outputs to a .safetensors file as they come, under their paths; a module's later calls are
// layer1.0.relu#2, and so on, the root is "output". The file appears when Close has succeeded: an error, of a full disk
// say, leaves none.
type Saver struct {
	selected []bool
	names    []string
	file     *safetensors.Writer
}

// rootName is the name of the root's output: a tensor in a file needs one.
const rootName = "output"

// NewSaver begins the file path for the outputs of the selected calls of g at an input shape. metadata may be nil.
func NewSaver(path string, g *graph.Graph, input tensor.Shape, selected []bool, metadata map[string]string) (*Saver, error) {
	layers, err := g.Layers(input)
	if err != nil {
		return nil, err
	}
	s := &Saver{selected: selected, names: Names(g)}
	var specs []safetensors.Spec
	for i, l := range layers {
		if l.Path == "" {
			s.names[i] = rootName
		}
		if selected[i] {
			specs = append(specs, safetensors.Spec{Name: s.names[i], Info: tensor.Info{Shape: l.Output, DType: tensor.Float32}})
		}
	}
	s.file, err = safetensors.Create(path, specs, metadata)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Register puts the saver on its calls.
func (s *Saver) Register(set *Set) (remove func()) { return set.AddSelected(s.selected, s) }

// Needs is Output.
func (s *Saver) Needs() Needs { return Output }

// After writes the event's output.
func (s *Saver) After(e Event) error {
	name := s.names[e.Index]
	if err := s.file.Write(name, e.Output.Data); err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	return nil
}

// Close finishes the file and gives it its name; before every output was seen, or after an error, it removes what was
// written and returns an error.
func (s *Saver) Close() error { return s.file.Close() }

// Abort removes what was written; after Close it does nothing.
func (s *Saver) Abort() error { return s.file.Abort() }
