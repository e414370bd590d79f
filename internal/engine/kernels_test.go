package engine

import (
	"strings"
	"testing"

	"resnet/internal/config"
	"resnet/internal/isa"
	"resnet/internal/model"
)

// TestLevelOfKernels wants the kernels of a plan to be of the level that it asks for and of those that it includes,
// whatever the process allows, and the best of them to be among them.
func TestLevelOfKernels(t *testing.T) {
	program, layers := int8Net(t)
	_, input := smallNet(t)
	for level := isa.Generic; level <= isa.AVX512VNNI; level++ {
		if !isa.Has(level) {
			continue
		}
		for _, options := range []Options{{Kernels: &level}, {Kernels: &level, Int8: layers}} {
			plan, err := newPlan(program.graph, input.Shape, nil, options)
			if err != nil {
				t.Fatal(err)
			}
			best := isa.Generic
			for _, s := range plan.steps {
				used := isa.Generic
				switch op := s.op.(type) {
				case *convolution:
					used = op.kind.Level
				case *int8Convolution:
					used = op.kind.Level
				}
				if !level.Includes(used) {
					t.Errorf("%s: a step of kernel %s", level, s.op.kernel())
				}
				if used.Includes(best) {
					best = used
				}
			}
			if floats := options.Int8 == nil; !floats && best != level || floats && level.Includes(isa.AVX512) != (best == isa.AVX512) {
				t.Errorf("%s, %d layers in bytes: the best kernel is of %s", level, len(options.Int8), best)
			}
			if plan.vectors != level.Includes(isa.AVX2) {
				t.Errorf("%s: vectors %v in what has no kernels to choose from", level, plan.vectors)
			}
		}
	}
}

// TestChoiceOfKernels wants the vector kernels to follow each other without changes of layout, and Winograd's to be left
// out where exactness is asked for.
func TestChoiceOfKernels(t *testing.T) {
	if isa.Allowed() == isa.Generic {
		t.Skip("the portable kernels have one layout and no Winograd")
	}
	for _, name := range []string{"resnet18", "resnet50", "resnet50d", "resnext50_32x4d"} {
		for _, exact := range []bool{false, true} {
			arch, err := config.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			g, err := model.Build(arch.Spec)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := newPlan(g.Graph, g.InputShape(1), nil, Options{Exact: exact})
			if err != nil {
				t.Fatal(err)
			}
			winograd := 0
			for _, s := range plan.Steps() {
				if s.Kernel == "generic" || s.Kernel == "reorder" {
					t.Errorf("%s: a step of kernel %s computes %v", name, s.Kernel, s.Paths)
				}
				if strings.HasPrefix(s.Kernel, "winograd") {
					winograd++
				}
			}
			if winograd > 0 == exact && !strings.HasPrefix(name, "resnext") {
				t.Errorf("%s, exact %v: %d steps of Winograd", name, exact, winograd)
			}
		}
	}
}
