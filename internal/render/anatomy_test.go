package render_test

import (
	"math"
	"testing"

	"resnet/internal/anatomy"
	"resnet/internal/render"
)

// anatomyView is an anatomy as a run could measure it.
func anatomyView(t testing.TB, net string) *render.Anatomy {
	t.Helper()
	p := pass(t, net)
	p.Source, p.Weights = "photo.jpg", "random weights, seed 0"
	paths := anatomy.PathsOf(p.Graph)
	a := &render.Anatomy{Pass: *p, Stem: []anatomy.Response{{Path: "bn1", Std: 0.9}}, Fields: anatomy.Fields(p.Graph.Graph), Paths: &paths}
	a.Ablations = []anatomy.Ablation{{Index: 3, Label: "class 3", Probability: 0.75, Kept: 0.75, Rank: 1}}
	for _, stage := range p.Graph.Stages {
		for i, b := range stage.Blocks {
			block := anatomy.Block{
				Path: b.Path, Shortcut: b.Shortcut, Input: 20, Residual: float64(i) * 3.5, Cosine: 0.9, Zeros: 0.45, Silent: i, Channels: 64,
				Responses: []anatomy.Response{{Path: b.Path + ".bn1", Std: 0.25}, {Path: b.Path + ".bn2", Std: math.Inf(1)}},
			}
			if b.Shortcut == "none" {
				block.Input, block.Residual, block.Cosine = math.NaN(), math.NaN(), math.NaN()
			}
			a.Blocks = append(a.Blocks, block)
			a.Ablations = append(a.Ablations, anatomy.Ablation{
				Without: []string{b.Path}, Index: 5, Label: "class 5", Probability: 0.5, Kept: 1e-5, Rank: 17, Divergence: 2.5,
			})
		}
	}
	return a
}
