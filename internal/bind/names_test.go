package bind

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"resnet/internal/graph"
	"resnet/internal/tensor"
)

func TestBindFindsTheNetwork(t *testing.T) {
	g := smallNet(t)
	for _, test := range []struct {
		name           string
		rename         func(string) string
		dialect, where string // the prefix
	}{
		{"torchvision", same, "torchvision", ""},
		{"DataParallel", prefix("module."), "torchvision", "module."},
		{"torch.compile", prefix("_orig_mod."), "torchvision", "_orig_mod."},
		{"nested", prefix("state_dict.module._orig_mod."), "torchvision", "state_dict.module._orig_mod."},
		{"parts compiled", strings.NewReplacer("layer1.0.", "layer1._orig_mod.0._orig_mod.", "fc.", "fc._orig_mod.", "bn1.w", "bn1._orig_mod.w").Replace, "torchvision", ""},
		{"a name of one's own", prefix("encoder.trunk."), "torchvision", "encoder.trunk."},
		{"classifier outside", func(n string) string {
			if strings.HasPrefix(n, "fc.") {
				return "model." + n
			}
			return "model.backbone." + n
		}, "torchvision", "model.backbone."},
		{"dropout before the classifier", strings.NewReplacer("fc.", "fc.1.").Replace, "torchvision", ""},
		{"mmpretrain", func(n string) string {
			if strings.HasPrefix(n, "fc.") {
				return "state_dict.head." + n
			}
			return "state_dict.backbone." + n
		}, "torchvision", "state_dict.backbone."},
		{"a classifier outside", func(n string) string {
			if rest, ok := strings.CutPrefix(n, "fc."); ok {
				return "classifier." + rest
			}
			return "backbone." + n
		}, "torchvision", "backbone."},
		{"shortcut with fc", strings.NewReplacer("downsample", "shortcut").Replace, "CIFAR", ""},
		{"akamaster", strings.NewReplacer("fc.", "linear.", "downsample", "shortcut").Replace, "CIFAR", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := memoryOf(g, test.rename)
			bound, binding, err := Bind(g, m, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if binding.Dialect != test.dialect || binding.Prefix != test.where {
				t.Errorf("%s under %q, want %s under %q", binding.Dialect, binding.Prefix, test.dialect, test.where)
			}
			for _, p := range g.Params() {
				if got, want := first(t, bound, p.Name), m.values[test.rename(p.Name)]; got != want {
					t.Errorf("%s = %v, want %v", p.Name, got, want)
				}
			}
		})
	}
}

func prefix(p string) func(string) string { return func(name string) string { return p + name } }

func TestBindTakesOneOfSeveral(t *testing.T) {
	g := smallNet(t)
	for _, test := range []struct {
		name, part string
		prefixes   []string
		want       string // the prefix, or the error
	}{
		{"raw and averaged", "", []string{"model.", "model_ema.module."}, "model_ema.module."},
		{"averaged first", "", []string{"ema.", "state_dict."}, "ema."},
		{"asked for", "model", []string{"model.", "model_ema.module."}, "model."},
		{"beside another", "", []string{"state_dict.", "teacher."}, "state_dict."},
		{"MoCo", "", []string{"encoder_q.", "encoder_k."}, "encoder_q."},
		{"BYOL, which has what learns twice", "", []string{"net.", "online_encoder.net."}, "online_encoder.net."},
		{"two of equal rank", "", []string{"left.", "right."}, `the file holds several networks: "left.", "right."`},
		{"asked for what is not there", "x", []string{"model.", "ema."}, `no network under "x"; there is one under "ema.", "model."`},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := memoryOf(g, prefix(test.prefixes[0]))
			for _, p := range g.Params() {
				m.add(test.prefixes[1]+p.Name, p.Shape...)
			}
			m.add("optimizer.state.0.momentum_buffer", 4, 3, 7, 7)
			m.add(test.prefixes[1] + "n_averaged")
			m.add("best_acc1")
			_, binding, err := Bind(g, m, Options{Part: test.part})
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = binding.Prefix
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// What trainings keep beside the network is passed over by name, wherever it stands; what nobody knows is not.
func TestBindPassesOverExtras(t *testing.T) {
	g := smallNet(t)
	for _, test := range []struct {
		prefix, extra string
		fits          bool
	}{
		{"state_dict.model.", "state_dict.criterion.weight", true},
		{"module.encoder.", "module.queue", true},
		{"", "queue_ptr", true},
		{"student.", "teacher.head.weight", true},
		{"online_encoder.net.", "online_predictor.0.weight", true},
		{"model.module.backbone.", "model.module.projector.0.weight model.module.bn.running_mean", true}, // Barlow Twins
		{"backbone.", "projector.0.weight bn.running_mean", true},
		{"backbone.", "bn.running_mean", false},
		{"", "projector.0.weight bn.running_mean", false},
		{"", "attention.weight", false},
		{"state_dict.", "state_dict.layer1.0.extra.weight", false},
	} {
		m := memoryOf(g, prefix(test.prefix))
		extras := strings.Fields(test.extra)
		for _, extra := range extras {
			m.add(extra, 3)
		}
		_, binding, err := Bind(g, m, Options{})
		if (err == nil) != test.fits {
			t.Errorf("%s: %v", test.extra, err)
		}
		if err == nil && !slices.Contains(binding.Notes, fmt.Sprintf("%d tensors of the training, beside the network, are not used", len(extras))) {
			t.Errorf("%s: %q", test.extra, binding.Notes)
		}
	}
}

// A part that is asked for is taken whole, and nothing else is.
func TestLocateTakesAPart(t *testing.T) {
	m := memoryOf(smallNet(t), prefix("state_dict.module.encoder_q."))
	n := len(m.names)
	m.add("state_dict.module.encoder_q.conv1.own", 3)
	m.add("state_dict.module.encoder_k.conv1.weight", 4, 3, 7, 7)
	m.add("state_dict.module.encoder_k.layer1.0.conv1.weight", 4, 4, 3, 3)
	m.add("state_dict.module.queue", 8)
	for _, part := range []string{"state_dict.module.encoder_q", "state_dict.module.encoder_q."} {
		got, err := Locate(m, part)
		if err != nil || got.Prefix != "state_dict.module.encoder_q." || len(got.Names) != n+1 || len(got.Notes) != 1 {
			t.Errorf("%s: %+v, %v", part, got, err)
		}
	}
	if got, err := Locate(m, "encoder_q"); err == nil {
		t.Errorf("a part that is none: %d tensors", len(got.Names))
	}
}

// TestBindAllowsExtra: on request tensors beside the network are passed over; those among its modules, what is missing, and
// what another network computes with never are.
func TestBindAllowsExtra(t *testing.T) {
	g := smallNet(t)
	for _, test := range []struct {
		prefix, extra, missing string
		want                   string // the note, or the error
	}{
		{"", "attention.weight", "", `extra tensors are passed over: "attention.weight"`},
		{"", "attention.weight aux.weight aux.bias rotation.weight", "", `extra tensors are passed over: "attention.weight", "aux.weight", "aux.bias" and 1 more`},
		{"backbone.", "decode_head.conv.weight", "", `extra tensors are passed over: "decode_head.conv.weight"`},
		{"", "layer1.0.attention.weight", "", `unexpected "layer1.0.attention.weight"`},
		{"", "layer2.2.conv1.weight", "", `unexpected "layer2.2.conv1.weight"`},
		{"", "fc.scale", "", `unexpected "fc.scale"`},
		{"", "attention.weight", "fc.bias", "missing fc.bias [3]"},
		{"", "rpn.head.conv.weight", "", "this is a detector: what is no classifier is not supported"},
	} {
		m := memoryOf(g, prefix(test.prefix))
		for _, name := range strings.Fields(test.extra) {
			m.add(name, 3)
		}
		if test.missing != "" {
			m.remove(test.missing)
		}
		_, binding, err := Bind(g, m, Options{AllowExtra: true})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = strings.Join(binding.Notes, "\n")
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.extra, got, test.want)
		}
		misfit, ok := errors.AsType[*Error](second(Bind(g, m, Options{})))
		if wantExtra := strings.HasPrefix(test.want, "extra") || test.missing != ""; wantExtra && (!ok || misfit.Extra == 0 || misfit.Extra != misfit.Unexpected) {
			t.Errorf("%s: without the option %+v", test.extra, misfit)
		}
	}
}

func second(_ graph.Weights, _ *Binding, err error) error { return err }

// TestBindRefusesTypes: a parameter of a type that is no weights' is named with the reason that is the type's.
func TestBindRefusesTypes(t *testing.T) {
	g := smallNet(t)
	for dtype, want := range map[tensor.DType]string{
		tensor.Int8: "another program", tensor.UInt8: "another program", "int4": "another program",
		"qint8": "dequantize()", "quint4x2": "dequantize()",
		tensor.Int64: "whole numbers", "uint16": "whole numbers", "uint32": "whole numbers", tensor.Bool: "whole numbers",
		"complex64": "complex numbers", "float8_e4m3fn": "save them as float32", "float4_e2m1": "were made from",
		"sparse_coo": "to_dense()", "meta": "meta device", "negated": "resolve_neg()", "nested": "several sizes", "string": "no floating-point numbers",
	} {
		_, _, err := Bind(g, typed{memoryOf(g, same), dtype}, Options{})
		misfit, ok := errors.AsType[*Error](err)
		if !ok || misfit.Types != 2 || len(misfit.Advice) != 1 || !strings.HasPrefix(misfit.Advice[0], string(dtype)+" values ") ||
			!strings.Contains(misfit.Advice[0], want) || misfit.Problems[0].Error() != `parameter "layer2.1.bn2.weight": `+string(dtype)+" values" {
			t.Errorf("%s: %v, want %q", dtype, err, want)
		}
	}
	beside := memoryOf(g, same)
	beside.add("fc.num_batches_tracked")
	if _, _, err := Bind(g, typed{beside, tensor.Float16}, Options{}); err != nil {
		t.Error(err)
	}
}

// typed has another type for two parameters, and a counter of a type that is not read.
type typed struct {
	*memory
	dtype tensor.DType
}

func (q typed) Info(name string) (tensor.Info, bool) {
	info, ok := q.memory.Info(name)
	switch name {
	case "fc.weight", "layer2.1.bn2.weight":
		info.DType = q.dtype
	case "fc.num_batches_tracked":
		info.DType = "uint64"
	}
	return info, ok
}

func TestBindByStructure(t *testing.T) {
	g := smallNet(t)
	own := func(n string) string {
		return strings.NewReplacer("layer1.", "a.", "layer2.", "b.", "conv", "c", "bn", "norm", "downsample", "skip", "fc", "head").Replace(n)
	}
	shortcutFirst := memoryOf(g, own)
	names := shortcutFirst.names
	at := 0
	for i, name := range names {
		if strings.HasPrefix(name, "b.0.") && at == 0 {
			at = i
		}
	}
	var moved, rest []string
	for _, name := range names[at:] {
		if strings.Contains(name, "skip") {
			moved = append(moved, name)
		} else {
			rest = append(rest, name)
		}
	}
	shortcutFirst.names = append(append(names[:at:at], moved...), rest...)

	for name, m := range map[string]*memory{"in order": memoryOf(g, own), "shortcut first": shortcutFirst} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := Bind(g, m, Options{}); !errors.Is(err, ErrUnknownNames) {
				t.Errorf("by name: %v", err)
			}
			bound, binding, err := Bind(g, m, Options{Structure: true})
			if err != nil {
				t.Fatal(err)
			}
			if binding.Dialect != "structure" || len(binding.Bound) != len(g.Params()) {
				t.Errorf("binding %+v", binding)
			}
			for _, p := range g.Params() {
				if got, want := first(t, bound, p.Name), m.values[own(p.Name)]; got != want {
					t.Errorf("%s = %v, want %v", p.Name, got, want)
				}
			}
		})
	}
}

// TestBindSortedByStructure: safetensors sorts a file by name. The numbers and the names of parameters give its order back, or it
// is refused.
func TestBindSortedByStructure(t *testing.T) {
	g := smallNet(t)
	for _, test := range []struct {
		name   string
		rename []string // of parts of torchvision's names
		want   string   // the error
	}{
		{"in order once sorted", []string{"conv1.", "a.", "bn1.", "b.", "layer", "c", "conv", "b", "bn", "bn", "downsample", "z", "fc", "z"}, ""},
		{"blocks of two digits", []string{"conv1.", "a.", "bn1.", "b.", "layer1.0", "c1", "layer2.0", "c9", "layer2.1", "c10", "downsample", "z", "fc", "z"}, ""},
		{"batch norms first", []string{"conv1.", "y.", "bn1.", "b.", "layer", "c", "fc", "z"}, "the order of the network is lost"},
		{"unknown parameters", []string{"weight", "w", "bias", "b", "running_mean", "m", "running_var", "v"}, "does not tell what it is of its layer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			own := func(n string) string {
				if path, number, ok := strings.Cut(n, ".bn"); ok && test.want == "" {
					return strings.NewReplacer(test.rename...).Replace(path) + ".u" + number[:1] + ".norm" + number[1:]
				}
				if path, number, ok := strings.Cut(n, ".conv"); ok && test.want == "" {
					return strings.NewReplacer(test.rename...).Replace(path) + ".u" + number[:1] + ".conv" + number[1:]
				}
				return strings.NewReplacer(test.rename...).Replace(n)
			}
			m := memoryOf(g, own)
			slices.Sort(m.names)
			bound, binding, err := Bind(g, m, Options{Structure: true})
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error is %v, want %q", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(binding.Notes) != 1 || !strings.Contains(binding.Notes[0], "sorted by name") {
				t.Errorf("notes %q", binding.Notes)
			}
			for _, p := range g.Params() {
				if got, want := first(t, bound, p.Name), m.values[own(p.Name)]; got != want {
					t.Errorf("%s = %v, want %v of %s", p.Name, got, want, own(p.Name))
				}
			}
		})
	}
}

func TestBindByStructureRefuses(t *testing.T) {
	g := smallNet(t)
	for _, test := range []struct {
		name   string
		change func(*memory)
		want   string
	}{
		{"one too few", func(m *memory) { m.remove("fc.weight", "fc.bias") }, "the file has 8 convolutions and fully connected layers, the network 9"},
		{"half a batch norm", func(m *memory) { m.remove("layer2.0.bn1.bias", "layer2.0.bn1.running_var") },
			`2 tensors follow "layer2.0.conv1.weight", which would be layer2.0.conv1.weight`},
		{"another shape", func(m *memory) { m.shapes["layer2.0.conv2.weight"] = tensor.Shape{9, 8, 3, 3} },
			"the file has nothing of the shape that is left for layer2.1.conv2.weight: [8, 8, 3, 3]"},
	} {
		m := memoryOf(g, same)
		test.change(m)
		if _, _, err := Bind(g, m, Options{Structure: true}); err == nil || err.Error() != test.want {
			t.Errorf("%s: got  %v\nwant %s", test.name, err, test.want)
		}
	}
}

// Locate gives a network alone, as a file of its own would have it.
func TestLocate(t *testing.T) {
	g := smallNet(t)
	for _, test := range []struct {
		name, prefix, part string
		beside             []string
		want               string // the prefix that may be taken off
		left               int    // tensors beside those of the network
	}{
		{"alone", "", "", nil, "", 0},
		{"training", "state_dict.module.", "", []string{"optimizer.state.0.exp_avg", "best_acc1", "state_dict.module.bn1.num_batches_tracked"}, "state_dict.module.", 1},
		{"flat training", "", "", []string{"optimizer.state.0.exp_avg", "bn1.num_batches_tracked"}, "", 1},
		{"a classifier of its own", "backbone.", "", []string{"head.weight"}, "", 1},
	} {
		m := memoryOf(g, prefix(test.prefix))
		for _, name := range test.beside {
			m.add(name, 2)
			if strings.Contains(name, "best") || strings.Contains(name, "num") {
				m.shapes[name] = tensor.Shape{}
			}
		}
		l, err := Locate(m, test.part)
		if err != nil || l.Prefix != test.want || len(l.Names) != len(g.Params())+test.left {
			t.Errorf("%s: %d tensors under %q, %v; want %d under %q", test.name, len(l.Names), l.Prefix, err, len(g.Params())+test.left, test.want)
		}
	}
	m := &memory{}
	m.names = []string{"a", "b"}
	if l, err := Locate(m, ""); err != nil || len(l.Names) != 2 {
		t.Errorf("unknown names: %+v, %v", l, err)
	}
}
