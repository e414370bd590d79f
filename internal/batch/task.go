package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"

	"resnet/internal/isa"
	"resnet/internal/nets"
	"resnet/internal/render"
)

// Task is what is computed of each image.
type Task struct {
	Command  string // Classify, Features
	Net      *nets.Predictor
	Decoding nets.Decoding
	Exact    bool
	Top      int        // of Classify: labels of an image; 0: all
	Familiar *Familiar  // of Classify; nil: images are compared with none
	Watch    nets.Watch // of Features
	Pool     string     // as Watch has it, in a word
	Format   string
	Version  string // of the program
}

// Familiar compares images with those that a fitted network has learned from.
type Familiar struct {
	Watch    nets.Watch                       // whose values tell
	Distance func(features []float32) float64 // from the nearest one
	Far      float64                          // further than this is unfamiliar
	SHA256   string                           // of what is compared with
}

// Prepare packs the weights, and finds what is wrong with them and with the layer.
func (t *Task) Prepare(ctx context.Context) error { return t.Net.Prepare(ctx, t.watches()...) }

func (t *Task) watches() []nets.Watch {
	switch {
	case t.Command == Features:
		return []nets.Watch{t.Watch}
	case t.Familiar != nil:
		return []nets.Watch{t.Familiar.Watch}
	}
	return nil
}

// Compute makes the result of an image.
func (t *Task) Compute(ctx context.Context, im *nets.Image) (*Result, error) {
	seen, err := t.Net.Image(ctx, im, t.Decoding, t.watches()...)
	if err != nil {
		return nil, err
	}
	if t.Command == Features {
		return &Result{Vector: seen.Watched[0].Data}, nil
	}
	row := render.Classified{}
	if t.Familiar != nil {
		row.Compare(t.Familiar.Distance(seen.Watched[0].Data), t.Familiar.Far)
	}
	return &Result{Predictions: t.Net.Top(seen.Logits.Data, t.Top), Distance: row.Distance, Unfamiliar: row.Unfamiliar}, nil
}

// Identity is all that results depend on beside the images.
func (t *Task) Identity(ctx context.Context) (Identity, error) {
	n := t.Net.Net
	id := Identity{
		Command: t.Command, Version: t.Version, Platform: runtime.GOARCH, Kernel: isa.Allowed().String(), Exact: t.Exact,
		Precision: t.Net.Runner().Precision, Network: n.Arch.Name, Format: t.Format, EXIF: "apply",
	}
	if id.Precision == nets.Int8 {
		id.Kernel = KernelAny
	}
	if t.Decoding.IgnoreEXIF {
		id.EXIF = "ignore"
	}
	var err error
	if id.Weights, err = n.SHA256(); err != nil {
		return id, err
	}
	structure, err := json.Marshal(n.Arch.Spec)
	if err != nil {
		return id, err
	}
	id.Structure = digest(string(structure))
	if id.Pixels, err = json.Marshal(t.Net.Preprocess); err != nil {
		return id, err
	}
	if t.Command == Features {
		id.Layer, id.Pool = t.Watch.Layer, t.Pool
		return id, nil
	}
	id.Top = t.Top
	if t.Familiar != nil {
		id.Familiar = t.Familiar.SHA256
	}
	if list, err := n.Labels(ctx); err != nil {
		return id, err
	} else if list != nil {
		id.Labels = digest(strings.Join(list.Classes, "\n"))
	}
	return id, nil
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Limits are those that the decoding has; memory is that of all decoders together, in MiB.
func (t *Task) Limits(memory int64) Limits {
	return Limits{Pixels: t.Decoding.Limits.MaxPixels, Memory: memory, Timeout: fmt.Sprint(t.Decoding.Timeout)}
}
