package bind_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"resnet/internal/bind"
)

func recognizeONNX(f *onnxFile) error {
	_, err := bind.Recognize(f, bind.RecognizeOptions{})
	return err
}

// TestONNXTakes: what says the same in other words is taken.
func TestONNXTakes(t *testing.T) {
	for name, change := range map[string]func(f *onnxFile){
		"as it is": func(*onnxFile) {},
		"identity": func(f *onnxFile) { f.insert("a1.relu", "Identity", "same", nil) },
		"identity before a batch norm": func(f *onnxFile) {
			f.insert("a1", "Identity", "same", nil)
			f.insert("same", "Identity", "still", nil)
		},
		"identities of the picture, a weight and the logits": func(f *onnxFile) {
			f.node("conv1").Inputs = []string{"same", "weight"}
			f.graph.Nodes = append([]*onnxNode{
				{Op: "Identity", Inputs: []string{"input"}, Outputs: []string{"same"}},
				{Op: "Identity", Inputs: []string{"conv1.weight"}, Outputs: []string{"weight"}},
			}, f.graph.Nodes...)
			f.graph.Outputs[0] = f.add("Identity", "y", []string{"logits"})
		},
		"a product in place of a batch norm": func(f *onnxFile) {
			*f.node("a1.bn") = onnxNode{Op: "Mul", Inputs: []string{"a1", f.tensor("scales", 4, 1, 1)}, Outputs: []string{"a1.bn"}}
		},
		"casts around a batch norm": func(f *onnxFile) {
			f.insert("a1", "Cast", "wide", nil, whole("to", 1))
			f.insert("a1.bn", "Cast", "narrow", nil, whole("to", 10))
		},
		"dropout":         func(f *onnxFile) { f.insert("flat", "Dropout", "kept", nil) },
		"softmax":         func(f *onnxFile) { f.graph.Outputs[0] = f.add("Softmax", "p", []string{"logits"}, whole("axis", -1)) },
		"auto_pad NOTSET": func(f *onnxFile) { f.node("a1").set(word("auto_pad", "NOTSET")) },
		"auto_pad VALID":  func(f *onnxFile) { f.node("side").set(word("auto_pad", "VALID")) },
		"another epsilon": func(f *onnxFile) { f.node("a1.bn").set(float("epsilon", 1e-3)) },
		"padding of its own": func(f *onnxFile) {
			f.node("a2").set(ints("pads", 0, 0, 0, 0))
			f.insert("a1.relu", "Pad", "padded", []string{f.list("pads", 0, 0, 1, 1, 0, 0, 1, 1)}, word("mode", "constant"))
		},
		"mean by reduction": func(f *onnxFile) {
			*f.node("mean") = onnxNode{Op: "ReduceMean", Inputs: []string{"b.relu"}, Outputs: []string{"mean"}, Attrs: []onnxAttr{ints("axes", -2, -1)}}
		},
		"flat by reshaping": func(f *onnxFile) {
			*f.node("flat") = onnxNode{Op: "Reshape", Inputs: []string{"mean", f.list("to", 0, -1)}, Outputs: []string{"flat"}}
		},
		"flat by squeezing": func(f *onnxFile) {
			*f.node("flat") = onnxNode{Op: "Squeeze", Inputs: []string{"mean", f.list("axes", 2, 3)}, Outputs: []string{"flat"}}
		},
	} {
		f := smallONNX()
		change(f)
		if err := recognizeONNX(f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestONNXRefuses: what a graph computes and this program does not is refused, by the name of its output and its operator.
func TestONNXRefuses(t *testing.T) {
	type refusal struct {
		at     string // the output and, in parentheses, the operator; or the layer alone
		change func(f *onnxFile)
		want   string
	}
	set := func(at string, a onnxAttr, want string) refusal {
		name, _, _ := strings.Cut(strings.Trim(at, `"`), `"`)
		return refusal{at, func(f *onnxFile) { f.node(name).set(a) }, want}
	}
	change := func(at, want string, change func(n *onnxNode, f *onnxFile)) refusal {
		name, _, _ := strings.Cut(strings.Trim(at, `"`), `"`)
		return refusal{at, func(f *onnxFile) { change(f.node(name), f) }, want}
	}
	insert := func(behind, at, want string, more func(f *onnxFile) []string, attrs ...onnxAttr) refusal {
		name, op, _ := strings.Cut(strings.Trim(at, `"`), `" (`)
		return refusal{at, func(f *onnxFile) {
			var inputs []string
			if more != nil {
				inputs = more(f)
			}
			f.insert(behind, strings.TrimSuffix(op, ")"), name, inputs, attrs...)
		}, want}
	}
	instead := func(at, op string, attrs ...onnxAttr) refusal {
		return change(at, "no residual network of this family has one", func(n *onnxNode, _ *onnxFile) { n.Op, n.Attrs = op, attrs })
	}
	const conv, norm, pool, half = `"a1" (Conv)`, `"a1.bn" (BatchNormalization)`, `"pool" (MaxPool)`, `"half" (AveragePool)`
	const gemm, flat, mean, add, pad, slice = `"logits" (Gemm)`, `"flat" (Flatten)`, `"mean" (ReduceMean)`, `"a" (Add)`, `"pad" (Pad)`, `"slice" (Slice)`
	none := func(*onnxFile) []string { return nil }
	pads := func(values ...float32) func(f *onnxFile) []string {
		return func(f *onnxFile) []string { return []string{f.list("pads", values...)} }
	}
	window := func(starts, ends, axes, steps float32) func(f *onnxFile) []string {
		return func(f *onnxFile) []string {
			return []string{f.list("starts", starts), f.list("ends", ends), f.list("axes", axes), f.list("steps", steps)}
		}
	}
	reduce := func(n *onnxNode, f *onnxFile) { n.Op, n.Attrs = "ReduceMean", []onnxAttr{ints("axes", 1)} }
	for name, c := range map[string]refusal{
		"epsilon 0":             set(norm, float("epsilon", 0), "epsilon is 0"),
		"epsilon below 0":       set(norm, float("epsilon", -1e-3), "epsilon is -0.001"),
		"norm at training":      set(norm, whole("training_mode", 1), "export the model in eval mode"),
		"norm of more":          set(norm, whole("spatial", 0), "normalizes more than channels"),
		"norm with a word":      set(norm, word("layout", "NHWC"), "attribute layout is not known"),
		"norm of other outputs": change(norm, "it has 3 outputs", func(n *onnxNode, _ *onnxFile) { n.Outputs = append(n.Outputs, "mean1", "var1") }),
		"norm without variance": change(norm, "it has 4 inputs", func(n *onnxNode, _ *onnxFile) { n.Inputs = n.Inputs[:4] }),

		"padding of two sides":    set(conv, ints("pads", 0, 0, 1, 1), "its pads are [0 0 1 1], want 4 equal numbers"),
		"padding below 0":         set(conv, ints("pads", -1, -1, -1, -1), "its pads are [-1 -1 -1 -1]"),
		"padding of one number":   set(conv, ints("pads", 1), "its pads are [1]"),
		"too wide a padding":      set(`"a1"`, ints("pads", 2, 2, 2, 2), "pads by 2; layer1.0.conv1 pads by 1"),
		"no padding":              set(`"a1"`, ints("pads", 0, 0, 0, 0), "pads by 0; layer1.0.conv1 pads by 1"),
		"strides":                 set(conv, ints("strides", 2, 1), "its strides are [2 1], want 2 equal numbers"),
		"dilations":               set(conv, ints("dilations", 2, 1), "its dilations are [2 1], want 2 equal numbers"),
		"dilation in one place":   set(`"a1"`, ints("dilations", 2, 2), "is no layer1.0.conv1 of this family"),
		"groups":                  set(`"a1"`, whole("group", 2), "is no layer1.0.conv1 of this family"),
		"kernel of another size":  set(conv, ints("kernel_shape", 5, 5), "its kernel is 3×3, want a square of 5"),
		"auto_pad SAME_LOWER":     set(conv, word("auto_pad", "SAME_LOWER"), "auto_pad is SAME_LOWER"),
		"auto_pad of no standard": set(conv, word("auto_pad", "SAME"), "auto_pad is SAME"),
		"convolution with a word": set(conv, word("activation", "Relu"), "attribute activation is not known"),
		"oblong kernel": change(conv, "its kernel is 3×1", func(_ *onnxNode, f *onnxFile) {
			f.tensor("a1.weight", 4, 4, 3, 1)
			f.node("a1").Attrs = f.node("a1").Attrs[2:3]
		}),
		"kernel in one direction": change(conv, "no tensor of the file with 4 dimensions", func(_ *onnxNode, f *onnxFile) { f.tensor("a1.weight", 4, 4, 3) }),
		"computed weights":        change(conv, "no tensor of the file", func(n *onnxNode, _ *onnxFile) { n.Inputs[1] = "relu" }),
		"whole numbers":           change(conv, "no tensor of the file", func(n *onnxNode, f *onnxFile) { f.lists["a1.weight"] = []float32{1} }),
		"oblong bias":             change(conv, "with 1 dimensions", func(n *onnxNode, f *onnxFile) { n.Inputs = append(n.Inputs, f.tensor("a1.bias", 4, 1)) }),

		"pool up":              set(pool, whole("ceil_mode", 1), "ceil_mode 1"),
		"pool with dilations":  set(pool, ints("dilations", 2, 2), "it has dilations"),
		"pool in columns":      set(pool, whole("storage_order", 1), "another order of elements"),
		"pool of two sides":    set(pool, ints("pads", 0, 0, 1, 1), "its pads are [0 0 1 1]"),
		"oblong pool":          set(pool, ints("kernel_shape", 3, 2), "its kernel_shape are [3 2]"),
		"pool with a word":     set(pool, whole("p", 2), "attribute p is not known"),
		"average of a padding": set(half, ints("pads", 1, 1, 1, 1), "an average of a map that is padded"),
		"average with zeros":   set(half, whole("count_include_pad", 1), "an average of a map that is padded"),
		"average SAME":         set(half, word("auto_pad", "SAME_UPPER"), "an average of a map that is padded"),
		"average of dilations": set(half, ints("dilations", 2, 2), "it has dilations"),

		"LeakyRelu": instead(`"relu" (LeakyRelu)`, "LeakyRelu", float("alpha", 0.1)),
		"PRelu":     instead(`"a1.relu" (PRelu)`, "PRelu"),
		"Elu":       instead(`"a.relu" (Elu)`, "Elu"),
		"Clip":      instead(`"relu" (Clip)`, "Clip", float("min", 0), float("max", 6)),
		"Sigmoid":   instead(`"relu" (Sigmoid)`, "Sigmoid"),
		"HardSwish": instead(`"b1.relu" (HardSwish)`, "HardSwish"),
		"Gelu":      instead(`"b.relu" (Gelu)`, "Gelu"),
		"a fused sigmoid": change(`"a1" (FusedConv)`, "more than a convolution and a ReLU", func(n *onnxNode, _ *onnxFile) {
			n.Op = "FusedConv"
			n.Domain = "com.microsoft"
			n.set(word("activation", "Sigmoid"))
		}),
		"a cast to integers":  insert("relu", `"i" (Cast)`, "other numbers than floating-point ones", nil, whole("to", 7)),
		"Mul":                 instead(`"a" (Mul)`, "Mul"),
		"a scale of channels": insert("a1.relu", `"times" (Mul)`, "scales a map", func(f *onnxFile) []string { return []string{f.tensor("scales", 1, 4, 1, 1)} }),
		"a scale of other channels": {`"a1.bn" (Mul)`, func(f *onnxFile) {
			*f.node("a1.bn") = onnxNode{Op: "Mul", Inputs: []string{"a1", f.tensor("scales", 1, 3, 1, 1)}, Outputs: []string{"a1.bn"}}
		}, "scales a map"},
		"GlobalMaxPool":       instead(`"mean" (GlobalMaxPool)`, "GlobalMaxPool"),
		"a ReLU with a bound": set(`"relu" (Relu)`, float("max", 6), "attribute max is not known"),
		"a softmax between":   {`"a1.relu"`, func(f *onnxFile) { f.insert("a1.relu", "Softmax", "soft", nil) }, `stands a softmax ("soft")`},
		"another domain":      change(`"relu" (Relu)`, "an operator of com.microsoft", func(n *onnxNode, _ *onnxFile) { n.Domain = "com.microsoft" }),
		"no input":            change(`"relu" (Relu)`, "it has no input", func(n *onnxNode, _ *onnxFile) { n.Inputs = nil }),
		"from elsewhere":      change(`"relu" (Relu)`, `takes "a1.weight", which is not computed from the picture`, func(n *onnxNode, _ *onnxFile) { n.Inputs[0] = "a1.weight" }),

		"alpha":          set(gemm, float("alpha", 0.5), "alpha, beta or transA"),
		"beta":           set(gemm, float("beta", 2), "alpha, beta or transA"),
		"transA":         set(gemm, whole("transA", 1), "alpha, beta or transA"),
		"dense and more": set(gemm, whole("relu", 1), "attribute relu is not known"),
		"oblong biases":  change(gemm, "with 1 dimensions", func(_ *onnxNode, f *onnxFile) { f.tensor("fc.bias", 1, 5) }),
		"flat elsewhere": set(flat, whole("axis", 2), "axis is not 1"),
		"three dimensions": change(`"flat" (Reshape)`, "it makes 3 dimensions, want 2", func(n *onnxNode, f *onnxFile) {
			n.Op, n.Inputs = "Reshape", append(n.Inputs, f.list("to", 0, -1, 1))
		}),
		"a computed shape": change(`"flat" (Reshape)`, `its input "a1.weight" is computed`, func(n *onnxNode, f *onnxFile) {
			n.Op, n.Inputs = "Reshape", append(n.Inputs, "a1.weight")
		}),
		"squeezed elsewhere": change(`"flat" (Squeeze)`, "takes away the axes [1]", func(n *onnxNode, f *onnxFile) { n.Op, n.Attrs = "Squeeze", []onnxAttr{ints("axes", 1)} }),
		"mean of channels":   change(mean, "averages over the axes [1]", reduce),
		"softmax of rows": {`"p" (Softmax)`, func(f *onnxFile) {
			f.graph.Outputs[0] = f.add("Softmax", "p", []string{"logits"}, whole("axis", 0))
		}, "axis is not the classes'"},
		"dropout at training": insert("flat", `"d" (Dropout)`, "may be at training", func(*onnxFile) []string { return []string{"ratio", "training"} }),
		"transposed":          insert("relu", `"t" (Transpose)`, "not that of the picture", nil, ints("perm", 0, 3, 1, 2)),
		"three branches":      change(`"a" (Sum)`, "it has 3 inputs, want 2", func(n *onnxNode, _ *onnxFile) { n.Op, n.Inputs = "Sum", append(n.Inputs, "pool") }),
		"a constant added":    change(add, "adds a constant to what is no dense layer", func(n *onnxNode, f *onnxFile) { n.Inputs[1] = f.tensor("c", 4) }),
		"add with an axis":    set(add, whole("axis", 1), "attribute axis is not known"),

		"reflected":        insert("pool", pad, "one pixel on the four sides", pads(0, 0, 2, 2, 0, 0, 2, 2), word("mode", "reflect")),
		"a border of ones": insert("pool", pad, "not that of zeros", none, ints("pads", 0, 0, 1, 1, 0, 0, 1, 1), float("value", 1)),
		"a border of a tensor": insert("pool", pad, "it pads with 1", func(f *onnxFile) []string {
			f.lists["one"] = []float32{1}
			return []string{f.list("pads", 0, 0, 1, 1, 0, 0, 1, 1), f.tensor("one")}
		}),
		"a border of axes": insert("pool", pad, "it has axes", func(f *onnxFile) []string {
			return []string{f.list("pads", 0, 0, 1, 1, 0, 0, 1, 1), "", f.list("axes", 0, 1, 2, 3)}
		}),
		"a border of two sides": insert("pool", pad, "want the same on the four sides", pads(0, 0, 0, 0, 0, 0, 1, 1)),
		"a border of batches":   insert("pool", pad, "want the same on the four sides", pads(1, 0, 1, 1, 1, 0, 1, 1)),
		"a border cut off":      insert("pool", pad, "it pads by", pads(0, 0, -1, -1, 0, 0, -1, -1)),
		"a border of one side":  insert("pool", pad, "it pads by [1 1]", pads(1, 1)),

		"a slice from 1":      insert("pool", slice, "every n-th row or column", window(1, math.MaxInt32, 2, 2)),
		"a slice that ends":   insert("pool", slice, "every n-th row or column", window(0, 5, 2, 2)),
		"a slice of channels": insert("pool", slice, "every n-th row or column", window(0, math.MaxInt32, 1, 2)),
		"a slice backwards":   insert("pool", slice, "every n-th row or column", window(0, math.MaxInt32, 2, -1)),
		"a slice of no axes":  insert("pool", slice, "does not say starts", func(f *onnxFile) []string { return window(0, 9, 2, 2)(f)[:2] }),
	} {
		f := smallONNX()
		c.change(f)
		err := recognizeONNX(f)
		if err == nil || !strings.Contains(err.Error(), c.at) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %s … %q", name, err, c.at, c.want)
		}
	}
}

// TestONNXRefusesModels: what a model has that is none of its operators.
func TestONNXRefusesModels(t *testing.T) {
	for name, c := range map[string]struct {
		change func(g *onnxGraph)
		want   string
	}{
		"an old opset":       {func(g *onnxGraph) { g.Opsets[""] = 6 }, "of opset 6; from 7 on they are read"},
		"two inputs":         {func(g *onnxGraph) { g.Inputs = append(g.Inputs, onnxInput{Name: "mask"}) }, "2 inputs and 1 outputs"},
		"two outputs":        {func(g *onnxGraph) { g.Outputs = append(g.Outputs, "flat") }, "1 inputs and 2 outputs"},
		"own operators":      {func(g *onnxGraph) { g.Functions = 1 }, "defines operators of its own"},
		"an output of none":  {func(g *onnxGraph) { g.Outputs[0] = "nothing" }, `the output "nothing" is computed by no operator`},
		"no number":          {func(g *onnxGraph) { g.Nodes[1].set(float("epsilon", math.NaN())) }, "an attribute that is infinite or no number"},
		"SAME in one of two": {func(g *onnxGraph) { g.Nodes[0].set(word("auto_pad", "SAME_UPPER")) }, "both in one network are not supported"},
		"many operators": {func(g *onnxGraph) {
			for i := range 1 << 16 {
				g.Nodes = append(g.Nodes, &onnxNode{Op: "Relu", Inputs: []string{"input"}, Outputs: []string{fmt.Sprint(i)}})
			}
		}, "operators"},
	} {
		f := smallONNX()
		c.change(&f.graph)
		if err := recognizeONNX(f); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
}
