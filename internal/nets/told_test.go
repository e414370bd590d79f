package nets

import (
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/export"
)

// TestTold opens files that say of their network what may be true, and what is not.
func TestTold(t *testing.T) {
	n, err := (&Opener{}).OpenRandom(t.Context(), "20", 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, key, value, name, want string }{
		{"a.onnx", "resnet.network", "mine", "mine", ""},
		{"a.onnx", "resnet.network", "resnet50", "resnet50", ""}, // its graph tells what it is
		{"a.onnx", "resnet.network", "a\nb", "", `a.onnx: metadata resnet.network: "a\nb" is no name`},
		{"a.onnx", "resnet.preprocess", "{}", "", "a.onnx: metadata resnet.preprocess: resize is missing"},
		{"a.onnx", "resnet.labels", `["cat"]`, "resnet20_cifar", "a.onnx (resnet.labels): 1 class, and the network has 10"},
		{"a.onnx", "other", "x", "resnet20_cifar", ""},
		{"a.safetensors", "resnet.network", "resnet20_cifar", "resnet20_cifar", ""},
		{"a.safetensors", "resnet.network", "resnet50", "", `a.safetensors: metadata resnet.network: the tensors are not those of a built-in network "resnet50"`},
		{"a.safetensors", "resnet.network", "mine", "", `the tensors are not those of a built-in network "mine"`},
		{"a.safetensors", "resnet.labels", "[]", "", "a.safetensors: metadata resnet.labels: want a JSON list of names"},
	} {
		t.Run(c.file+" "+c.value, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.file)
			writeTold(t, n, path, map[string]string{c.key: c.value})
			o := &Opener{Tell: func(n Notice) { t.Errorf("nothing is taken for granted, and we say %+v", n) }}
			back, err := o.Open(t.Context(), Choice{Net: path, Shortcut: shortcutOf(n, path)})
			if err == nil {
				defer back.Close()
				if back.Arch.Name != c.name || back.Graph.Spec.Name != c.name || len(back.Graph.Calls) != len(n.Graph.Calls) {
					t.Errorf("%s, %s of %d calls, want %s", back.Arch.Name, back.Graph.Spec.Name, len(back.Graph.Calls), c.name)
				}
				_, err = back.Labels(t.Context())
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// shortcutOf is what has to be said of a file that has no graph.
func shortcutOf(n *Net, path string) string {
	if filepath.Ext(path) == ".onnx" {
		return ""
	}
	return n.Arch.Spec.Bare().Name
}

// writeTold writes a network's file with any metadata.
func writeTold(t *testing.T, n *Net, path string, metadata map[string]string) {
	t.Helper()
	if filepath.Ext(path) == ".onnx" {
		_, err := export.ONNX(t.Context(), path, export.Network{Name: "net", Graph: n.Graph.Graph, Weights: n.Weights, Input: n.Arch.Spec.Input, Metadata: metadata})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	var specs []safetensors.Spec
	for _, name := range n.Weights.Names() {
		info, _ := n.Weights.Info(name)
		specs = append(specs, safetensors.Spec{Name: name, Info: info})
	}
	w, err := safetensors.Create(path, specs, metadata)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, s := range specs {
		values := make([]float32, s.Shape.Elements())
		if err := n.Weights.Read(s.Name, values); err != nil {
			t.Fatal(err)
		}
		if err := w.Write(s.Name, values); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
