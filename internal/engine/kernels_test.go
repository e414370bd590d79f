package engine

import (
	"strings"
	"testing"

	"resnet/internal/config"
	"resnet/internal/isa"
	"resnet/internal/model"
)

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
