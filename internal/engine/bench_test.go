package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"resnet/internal/config"
	"resnet/internal/engine"
	"resnet/internal/model"
	"resnet/internal/ops"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// BenchmarkRun reports the fastest pass, which other processes disturb the least.
func BenchmarkRun(b *testing.B) {
	for _, name := range []string{"resnet18", "resnet50", "resnext50_32x4d"} {
		p, macs := benchProgram(b, name)
		for _, batch := range []int{1, 8} {
			x := tensor.New(batch, 3, 224, 224)
			plan, err := p.Plan(b.Context(), x.Shape, nil)
			if err != nil {
				b.Fatal(err)
			}
			if err := random.Input(b.Context(), x.Data, 0); err != nil {
				b.Fatal(err)
			}
			for _, threads := range []int{1, 2} {
				team := engine.NewTeam(threads)
				b.Run(fmt.Sprintf("%s/batch=%d/threads=%d", name, batch, threads), func(b *testing.B) {
					b.ReportAllocs()
					s := plan.NewSession(team)
					best, peak := math.Inf(1), ops.PeakGFLOPS()
					for b.Loop() {
						start := time.Now()
						if _, err := s.Run(context.Background(), x); err != nil {
							b.Fatal(err)
						}
						best = min(best, time.Since(start).Seconds())
					}
					b.ReportMetric(best*1e3, "best-ms")
					b.ReportMetric(float64(batch)/best, "images/s")
					b.ReportMetric(2*float64(macs)*float64(batch)/best/1e9/peak/float64(threads), "peak-share")
				})
			}
		}
	}
}

func benchProgram(b *testing.B, name string) (*engine.Program, int64) {
	b.Helper()
	arch, err := config.Load(name)
	if err != nil {
		b.Fatal(err)
	}
	g, err := model.Build(arch.Spec)
	if err != nil {
		b.Fatal(err)
	}
	macs, err := g.MACs(g.InputShape(1))
	if err != nil {
		b.Fatal(err)
	}
	p, err := engine.New(g.Graph, tameWeights{random.Weights(g.Graph, 0), g}, engine.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return p, macs
}

// BenchmarkTrain reports the fastest training step.
func BenchmarkTrain(b *testing.B) {
	for _, c := range []struct {
		name        string
		batch, size int
	}{{"resnet20_cifar", 128, 32}, {"resnet18", 16, 224}} {
		arch, err := config.Load(c.name)
		if err != nil {
			b.Fatal(err)
		}
		g, err := model.Build(arch.Spec)
		if err != nil {
			b.Fatal(err)
		}
		plan, err := engine.PlanTraining(g.Graph, tensor.Shape{c.batch, 3, c.size, c.size}, nil, engine.TrainingOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for _, threads := range []int{1, 2} {
			team := engine.NewTeam(threads)
			b.Run(fmt.Sprintf("%s/batch=%d/threads=%d", c.name, c.batch, threads), func(b *testing.B) {
				t := plan.NewTrainer(team)
				if err := errors.Join(t.Load(random.Weights(g.Graph, 1)), random.Input(b.Context(), t.Input().Data, 0)); err != nil {
					b.Fatal(err)
				}
				best := math.Inf(1)
				for b.Loop() {
					start := time.Now()
					if _, err := t.Accumulate(b.Context()); err != nil {
						b.Fatal(err)
					}
					if err := t.Update(b.Context(), engine.SGD{LearningRate: 0.01, Momentum: 0.9, WeightDecay: 1e-4, Scale: 1}); err != nil {
						b.Fatal(err)
					}
					best = min(best, time.Since(start).Seconds())
				}
				b.ReportMetric(best*1e3, "best-ms")
				b.ReportMetric(float64(plan.Memory().Activations)/(1<<20), "MiB")
			})
			team.Close()
		}
	}
}
