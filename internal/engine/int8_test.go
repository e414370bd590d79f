package engine

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"resnet/internal/graph"
	"resnet/internal/hooks"
	"resnet/internal/ops"
)

// int8Net is the small network in bytes whose scales fit nothing in particular.
func int8Net(t *testing.T) (*Program, Int8) {
	p, _ := smallNet(t)
	layers := Int8{}
	same := SameBytes(p.graph)
	param := func(v graph.Value) ops.Int8Param {
		if v == p.graph.Input() {
			return ops.Int8Param{Scale: 0.04, Zero: 128}
		}
		return ops.Int8Param{Scale: 0.02 + 0.001*float32(same[v]%7), Zero: uint8(same[v] % 3)}
	}
	for _, one := range Int8Groups(p.graph) {
		path := p.graph.Calls[one.Layer].Path
		info, _ := p.weights.Info(path + ".weight")
		l := Int8Layer{Scale: make([]float32, info.Shape[0]), Input: param(one.Input)}
		for i := range l.Scale {
			l.Scale[i] = 0.004
		}
		for _, v := range one.Residual {
			l.Residual = param(v)
		}
		if one.Output != p.graph.Output() {
			l.Output = param(one.Output)
		}
		l.Read = func(dst []int8) error {
			floats := make([]float32, len(dst))
			if err := p.weights.Read(path+".weight", floats); err != nil {
				return err
			}
			for i, v := range floats {
				dst[i] = int8(max(-127, min(math.RoundToEven(float64(v)*250), 127)))
			}
			return nil
		}
		layers[path] = l
	}
	return p, layers
}

// TestInt8Plan wants the bytes to stay bytes from the first layer to the last, and the same logits whatever is watched,
// from each image alone, and with any number of threads.
func TestInt8Plan(t *testing.T) {
	p, layers := int8Net(t)
	_, input := smallNet(t)
	program, err := New(p.graph, p.weights, Options{Int8: layers})
	if err != nil {
		t.Fatal(err)
	}
	set := hooks.NewSet(p.graph)
	seen := map[string][]float32{}
	for _, pattern := range []string{"Conv2d", "BatchNorm2d", "ReLU", "Add", "AdaptiveAvgPool2d"} {
		mustAdd(t, set, pattern, hooks.Func(hooks.Output, func(e hooks.Event) error {
			seen[e.Path] = slices.Clone(e.Output.Data)
			return nil
		}))
	}
	watched, err := program.Plan(t.Context(), input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := program.Plan(t.Context(), input.Shape, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range plan.Steps() {
		if !strings.Contains(s.Kernel, "int8") {
			t.Errorf("%v are computed by %s", s.Paths, s.Kernel)
		}
	}
	run := func(plan *Plan, threads int) []float32 {
		y, err := newSession(t, plan, threads).Run(context.Background(), input)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(y.Data)
	}
	want := run(plan, 1)
	for threads := 2; threads <= 3; threads++ {
		if !slices.Equal(run(plan, threads), want) {
			t.Errorf("%d threads change bits", threads)
		}
	}
	if !slices.Equal(run(watched, 2), want) {
		t.Error("hooks change bits")
	}
	plan.mostWork = 10_000
	if !slices.Equal(run(plan, 2), want) {
		t.Error("smaller parts change bits")
	}

	// What a hook sees is what the layer's bytes stand for; before the ReLU it is not rounded to them.
	relu, sum := seen["layer1.0.relu"], seen["layer1.0.add"]
	out := layers["layer1.0.conv3"].Output
	for i, v := range relu {
		if v != out.Dequantize(out.Quantize(v, 1/out.Scale)) {
			t.Fatalf("value %d of the ReLU is %g, which is no byte", i, v)
		}
		if high, low := float64(255-int(out.Zero))*float64(out.Scale), -float64(out.Zero)*float64(out.Scale); math.Abs(max(low, min(float64(sum[i]), high))-float64(v)) > 0.51*float64(out.Scale) {
			t.Fatalf("value %d is %g behind the add and %g behind the ReLU", i, sum[i], v)
		}
	}
	for i, v := range seen["conv1"] {
		bn := seen["bn1"][i]
		channel := i / (len(seen["conv1"]) / 2 / len(layers["conv1"].Scale)) % len(layers["conv1"].Scale)
		if shift := bias(p, "bn1")[channel]; math.Abs(float64(bn-v-shift)) > 1e-3 {
			t.Fatalf("value %d is %g before a batch norm that adds %g, and %g behind", i, v, shift, bn)
		}
	}
}

// bias is what a batch norm adds.
func bias(p *Program, path string) []float32 {
	for i, call := range p.graph.Calls {
		if call.Path == path {
			return p.affine[i].shift
		}
	}
	return nil
}

func TestInt8Refuses(t *testing.T) {
	_, input := smallNet(t)
	p, layers := int8Net(t)
	refuse := func(what, want string, change func(*Int8Layer)) {
		changed := Int8{}
		for path, l := range layers {
			if path == "layer1.0.conv2" {
				change(&l)
			}
			changed[path] = l
		}
		program, err := New(p.graph, p.weights, Options{Int8: changed})
		if err == nil {
			_, err = program.Plan(t.Context(), input.Shape, nil)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	refuse("two scales of a value", "layer1.0.conv2: its input has scale 5 and zero point 0", func(l *Int8Layer) { l.Input = ops.Int8Param{Scale: 5} })
	refuse("too few scales", "layer1.0.conv2: 3 scales of output channels, want 32", func(l *Int8Layer) { l.Scale = l.Scale[:3] })
	refuse("a scale that is too small", "layer1.0.conv2: output channel 0: its sums do not fit into 32 bits", func(l *Int8Layer) {
		l.Scale = slices.Repeat([]float32{1e-12}, len(l.Scale))
	})
}
