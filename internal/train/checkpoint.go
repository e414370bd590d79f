package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"resnet/internal/checkpoint"
	"resnet/internal/engine"
	"resnet/internal/nets"
	"resnet/internal/tensor"
)

// progressKey is the metadata of a checkpoint that holds its progress; velocityPrefix is before the names of velocities.
const (
	progressKey    = "resnet.train"
	velocityPrefix = "velocity."
)

// Progress is how far a run is, as its checkpoint says: all that the next step depends on beside weights and velocities. What is drawn
// by chance depends on the seed, the epoch and the photo alone.
type Progress struct {
	Net     string `json:"net"`
	Recipe  Recipe `json:"recipe"`
	Data    string `json:"data"`    // digest of the photos and their sets
	Kernels string `json:"kernels"` // level of instructions; others give other bits
	// Before are the kernels that the run went on with until then, where they were others: "avx512 to epoch 3".
	Before []string `json:"kernels_before,omitempty"`
	Exact  bool     `json:"exact"`
	Epoch  int      `json:"epoch"` // that are done
	Step   int      `json:"step"`  // likewise
	// BestError is the smallest share of the test that was wrong, after epoch BestEpoch.
	BestError float64 `json:"best_error"`
	BestEpoch int     `json:"best_epoch"`
}

// held are the parameters of a trainer as weights.
type held []engine.Trained

func (h held) Names() []string {
	names := make([]string, len(h))
	for i, p := range h {
		names[i] = p.Name
	}
	return names
}

func (h held) find(name string) *engine.Trained {
	i := slices.IndexFunc(h, func(p engine.Trained) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return &h[i]
}

func (h held) Info(name string) (tensor.Info, bool) {
	if p := h.find(name); p != nil {
		return tensor.Info{Shape: p.Shape, DType: tensor.Float32}, true
	}
	return tensor.Info{}, false
}

func (h held) Read(name string, dst []float32) error {
	p := h.find(name)
	if p == nil {
		return fmt.Errorf("no parameter %q", name)
	}
	copy(dst, p.Values)
	return nil
}

// save writes weights, velocities and progress of a network, whole or not at all.
func save(ctx context.Context, net *nets.Untrained, path string, params held, progress Progress) error {
	text, err := json.Marshal(progress)
	if err != nil {
		return err
	}
	all := slices.Clone(params)
	for _, p := range params {
		if p.Velocity != nil {
			velocity := p
			velocity.Name, velocity.Values = velocityPrefix+p.Name, p.Velocity
			all = append(all, velocity)
		}
	}
	slices.SortFunc(all, func(a, b engine.Trained) int { return strings.Compare(a.Name, b.Name) }) // the same bytes each time
	return net.Write(ctx, path, all, map[string]string{progressKey: string(text)})
}

// restore reads a checkpoint into a trainer. ok is false where there is none.
func restore(path string, trainer *engine.Trainer) (progress Progress, ok bool, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return progress, false, nil
	}
	file, err := checkpoint.Open(path)
	if err != nil {
		return progress, false, err
	}
	defer file.Close()
	fail := func(err error) (Progress, bool, error) {
		return Progress{}, false, fmt.Errorf("%s: %w", path, err)
	}
	text := file.Metadata()[progressKey]
	if text == "" {
		return fail(errors.New("is no checkpoint of a training"))
	}
	if err := json.Unmarshal([]byte(text), &progress); err != nil {
		return fail(fmt.Errorf("its progress: %w", err))
	}
	if err := trainer.Load(file); err != nil {
		return fail(err)
	}
	for _, p := range trainer.Params() {
		if p.Velocity == nil {
			continue
		}
		name := velocityPrefix + p.Name
		if info, ok := file.Info(name); !ok || !info.Shape.Equal(p.Shape) {
			return fail(fmt.Errorf("tensor %q: shape %v, want %v", name, info.Shape, p.Shape))
		}
		if err := file.Read(name, p.Velocity); err != nil {
			return fail(fmt.Errorf("tensor %q: %w", name, err))
		}
	}
	return progress, true, nil
}
