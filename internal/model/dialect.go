package model

import (
	"strings"
)

// layout is a file's tensors under torchvision's names.
type layout struct {
	dialect, prefix string
	names           map[string]string // torchvision's name → the file's
	order           []string          // the file's names
	notes           []string
}

// ignored tells what inference does not need.
func (l *layout) ignored(name string) bool { return strings.HasSuffix(name, "num_batches_tracked") }

func chooseLayout(_ *Graph, w Weights, _ BindOptions) (*layout, error) {
	l := &layout{dialect: "torchvision", names: map[string]string{}, order: w.Names()}
	for _, name := range l.order {
		l.names[name] = name
	}
	return l, nil
}
