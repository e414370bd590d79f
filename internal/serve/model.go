package serve

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync/atomic"

	"resnet/internal/engine"
	"resnet/internal/nets"
	"resnet/internal/tensor"
)

// version is that of every model: a server has one of each, and what it was made of is told by the digest.
const version = "1"

// Model is a network under the name that requests give it.
type Model struct {
	Name string
	// Net is closed by whoever opened it, after the server has ended.
	Net *nets.Net
	// Predictor is nil for a network without trained weights, which is shown and says nothing.
	Predictor *nets.Predictor
	// Runner makes passes with hooks; with the predictor's packed weights where there is one.
	Runner *nets.Runner
	// Familiar tells photos that are like those that the network has learned from; nil: nothing is known of them.
	Familiar *Familiar

	ready     atomic.Bool // it has made an inference
	batch     int         // images that are computed at a time at most; known once it is ready
	alone     string      // why that is one; "": it is more
	computing mean        // of one image
}

// Familiar is what a fitted network knows of the photos that it has learned from.
type Familiar struct {
	Watch    nets.Watch                       // makes the features that are compared
	Distance func(features []float32) float64 // from the nearest of the photos; by several goroutines at once
	Far      float64                          // photos that are like these are not further
}

// validName is what a model may be called, so that it needs no escapes in a path, a log or a label.
var validName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// maxName bounds names in bytes.
const maxName = 128

// CheckName is an error for a name that no model may have.
func CheckName(name string) error {
	if len(name) <= maxName && validName.MatchString(name) {
		return nil
	}
	return fmt.Errorf("model name %q: want letters, digits, . _ and -, of which a letter or digit comes first", name)
}

// NewModel makes a model that computes on team; nothing is packed yet. Closing it does not close the network.
func NewModel(ctx context.Context, name string, n *nets.Net, c nets.Compute, team *engine.Team) (*Model, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	c.Team = team
	m := &Model{Name: name, Net: n}
	var err error
	if n.Weights == nil {
		m.Runner, err = n.Runner(c)
		return m, err
	}
	m.Predictor, err = n.Predictor(ctx, nets.PredictorOptions{Compute: c, Sessions: team.Threads()})
	if err != nil {
		return nil, err
	}
	m.Runner = m.Predictor.Runner()
	return m, nil
}

// Close gives back the memory of the model's sessions.
func (m *Model) Close() {
	if m.Predictor != nil {
		m.Predictor.Close()
	}
}

// rest gives back the memory of sessions that are idle.
func (m *Model) rest() {
	if m.Predictor != nil {
		m.Predictor.Rest()
	}
}

// Ready tells whether the model has made its first inference.
func (m *Model) Ready() bool { return m.ready.Load() }

// warm makes the first inference, of nothing but zeros, and all else that the first request would wait for. At most most images will
// be computed at a time.
func (m *Model) warm(ctx context.Context, most int) error {
	if m.Predictor == nil {
		return nil // it never will be
	}
	if _, err := m.Predictor.Predict(ctx, tensor.New(m.Predictor.Input...)); err != nil {
		return fmt.Errorf("model %s: %w", m.Name, err)
	}
	if err := m.chooseBatch(most); err != nil {
		return fmt.Errorf("model %s: %w", m.Name, err)
	}
	if _, err := m.Net.SHA256(); err != nil {
		return fmt.Errorf("model %s: %w", m.Name, err)
	}
	m.ready.Store(true)
	return nil
}

// predictor is what the model computes with; an error where it does not yet, or never will.
func (m *Model) predictor() (*nets.Predictor, error) {
	switch {
	case m.Predictor == nil:
		return nil, failure{statusNotReady, &nets.NoWeightsError{Net: m.Net.Arch.Name}}
	case !m.Ready():
		return nil, failure{statusNotReady, errors.New("model " + m.Name + " is not ready yet")}
	}
	return m.Predictor, nil
}
