package hooks_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/checkpoint"
	"resnet/internal/engine"
	"resnet/internal/hooks"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// program is a small network with random weights, and an input.
func program(t *testing.T) (*engine.Program, tensor.Tensor) {
	t.Helper()
	stem := model.Stem{Convs: []model.StemConv{{Kernel: 3, Planes: 4, Stride: 1, Padding: 1}}}
	spec := model.Spec{Layers: []int{1}, Planes: []int{8}, Stem: stem, Input: [3]int{3, 8, 8}, NumClasses: 5}
	g, err := model.Build(spec.Default())
	if err != nil {
		t.Fatal(err)
	}
	p, err := engine.New(g.Graph, random.Weights(g.Graph, 0), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := tensor.New(2, 3, 8, 8)
	if err := random.Input(t.Context(), x.Data, 1); err != nil {
		t.Fatal(err)
	}
	return p, x
}

func run(p *engine.Program, x tensor.Tensor, set *hooks.Set) error {
	plan, err := p.Plan(context.Background(), x.Shape, set)
	if err != nil {
		return err
	}
	s := plan.NewSession(engine.NewTeam(1))
	_, err = s.Run(context.Background(), x)
	return err
}

func TestSave(t *testing.T) {
	p, x := program(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "acts.safetensors")
	selected, err := hooks.Select(p.Graph(), []string{"layer1.0.relu", "fc", "="})
	if err != nil {
		t.Fatal(err)
	}
	saver, err := hooks.NewSaver(path, p.Graph(), x.Shape, selected, map[string]string{"arch": "small"})
	if err != nil {
		t.Fatal(err)
	}
	set := hooks.NewSet(p.Graph())
	saver.Register(set)
	var want []tensor.Tensor
	set.AddSelected(selected, hooks.Func(hooks.Output, func(e hooks.Event) error {
		want = append(want, e.Output.Clone())
		return nil
	}))
	if err := errors.Join(run(p, x, set), saver.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	names := []string{"layer1.0.relu", "layer1.0.relu#2", "fc", "output"}
	if !slices.Equal(f.Names(), names) {
		t.Fatalf("tensors %v, want %v", f.Names(), names)
	}
	for i, name := range names {
		got := make([]float32, len(want[i].Data))
		info, _ := f.Info(name)
		if err := f.Read(name, got); err != nil || !info.Shape.Equal(want[i].Shape) || !slices.Equal(got, want[i].Data) {
			t.Errorf("%s differs from what the hook saw (%v)", name, err)
		}
	}
}

// TestSaveLeavesNoHalfFile stops a pass while the file is half written.
func TestSaveLeavesNoHalfFile(t *testing.T) {
	p, x := program(t)
	dir := t.TempDir()
	selected, _ := hooks.Select(p.Graph(), nil)
	saver, err := hooks.NewSaver(filepath.Join(dir, "acts.safetensors"), p.Graph(), x.Shape, selected, nil)
	if err != nil {
		t.Fatal(err)
	}
	set := hooks.NewSet(p.Graph())
	saver.Register(set)
	boom := errors.New("boom")
	if _, err := set.Add("layer1.0.bn2", hooks.Func(hooks.Facts, func(hooks.Event) error { return boom })); err != nil {
		t.Fatal(err)
	}
	if err := run(p, x, set); !errors.Is(err, boom) {
		t.Errorf("error %v, want boom", err)
	}
	if err := saver.Close(); err == nil || !strings.Contains(err.Error(), "were not written") {
		t.Errorf("closing a half-written file: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%s is left", left[0].Name())
	}
}

func TestSaveReportsADuplicate(t *testing.T) {
	p, x := program(t)
	selected, _ := hooks.Select(p.Graph(), []string{"fc"})
	saver, err := hooks.NewSaver(filepath.Join(t.TempDir(), "acts.safetensors"), p.Graph(), x.Shape, selected, nil)
	if err != nil {
		t.Fatal(err)
	}
	set := hooks.NewSet(p.Graph())
	saver.Register(set)
	if err := run(p, x, set); err != nil {
		t.Fatal(err)
	}
	if err := run(p, x, set); err == nil || !strings.HasPrefix(err.Error(), "hook on fc: save fc: ") {
		t.Errorf("a second pass into one file: %v", err)
	}
	if err := saver.Close(); err == nil {
		t.Error("Close after an error succeeds")
	}
}
