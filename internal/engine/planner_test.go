package engine

import (
	"slices"
	"testing"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/ops"
	"resnet/internal/tensor"
)

// sumsInPlace plans a network and lists the convolutions whose output takes the place of the residual.
func sumsInPlace(t *testing.T, g *graph.Graph, input tensor.Shape, set *hooks.Set, may bool) []string {
	t.Helper()
	plan, err := newPlan(g, input, set.Watchers(), Options{choose: func(c ops.Conv) *ops.ConvKernel {
		k := *ops.GenericConv(c)
		k.InPlace = func(ops.Conv) bool { return may }
		return &k
	}})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, s := range plan.steps {
		if slices.Contains(s.src, s.dst) {
			paths = append(paths, g.Calls[s.calls[0]].Path)
		}
	}
	return paths
}

// TestSumInPlace wants a block's output in the place of the residual where the kernel can do so and nobody looks at the
// residual.
func TestSumInPlace(t *testing.T) {
	p, input := smallNet(t)
	all := []string{"layer1.0.conv3", "layer1.1.conv3", "layer2.0.conv3"}
	others := []string{all[0], all[2]}
	for _, c := range []struct {
		watched string
		needs   hooks.Needs
		may     bool
		want    []string
	}{
		{"**", hooks.Facts, false, nil},
		{"**", hooks.Facts | hooks.Time, true, all},
		{"layer1.0", hooks.Output, true, others}, // the residual of layer1.1
		{"layer1.1.conv1", hooks.Input, true, others},
		{"layer1.1.conv1", hooks.Output, true, all},
	} {
		set := hooks.NewSet(p.graph)
		mustAdd(t, set, c.watched, hooks.Func(c.needs, nothing))
		if got := sumsInPlace(t, p.graph, input.Shape, set, c.may); !slices.Equal(got, c.want) {
			t.Errorf("%q watched for %b, in place %v: %v, want %v", c.watched, c.needs, c.may, got, c.want)
		}
	}
}

// TestSumBeside wants a residual that is read again, or is the network's input, to stay.
func TestSumBeside(t *testing.T) {
	conv := graph.Conv{In: 16, Out: 16, Kernel: 1, Stride: 1, Dilation: 1, Groups: 1}
	for name, build := range map[string]func(b *graph.Builder) graph.Value{
		"read again": func(b *graph.Builder) graph.Value {
			x := b.Conv("conv1", b.Input(), conv)
			y := b.ReLU("relu", b.Add(b.Conv("conv2", x, conv), x, "add"))
			return b.Add(b.Conv("conv3", y, conv), x, "add")
		},
		"read by the convolution": func(b *graph.Builder) graph.Value {
			x := b.Conv("conv1", b.Input(), conv)
			return b.Add(b.Conv("conv2", x, conv), x, "add")
		},
		"input": func(b *graph.Builder) graph.Value {
			return b.Add(b.Conv("conv3", b.Input(), conv), b.Input(), "add")
		},
	} {
		b := graph.NewBuilder(16)
		g, err := b.Graph(build(b))
		if err != nil {
			t.Fatal(err)
		}
		if got := sumsInPlace(t, g, tensor.Shape{1, 16, 4, 4}, nil, true); slices.Contains(got, "conv2") || name == "input" && len(got) > 0 {
			t.Errorf("%s: sums in place: %v", name, got)
		}
	}
}
