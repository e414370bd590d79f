package cli

import (
	"encoding/json"
	"math"
	"path/filepath"
	"testing"

	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/config"
	"resnet/internal/model"
	"resnet/internal/random"
	"resnet/internal/tensor"
)

// checkpoint writes the random weights of a network, with some tensors scaled.
func (w *world) checkpoint(name, arch string, scale map[string]float32) {
	w.t.Helper()
	a, err := config.Load(arch)
	if err != nil {
		w.t.Fatal(err)
	}
	graph, err := model.Build(a.Spec)
	if err != nil {
		w.t.Fatal(err)
	}
	values := random.Weights(graph.Graph, 0)
	var specs []safetensors.Spec
	for _, p := range graph.Params() {
		specs = append(specs, safetensors.Spec{Name: p.Name, Info: tensor.Info{Shape: p.Shape, DType: tensor.Float32}})
	}
	out, err := safetensors.Create(filepath.Join(w.dir, name), specs, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range specs {
		data := make([]float32, s.Shape.Elements())
		if err := values.Read(s.Name, data); err != nil {
			w.t.Fatal(err)
		}
		if factor, ok := scale[s.Name]; ok {
			for i := range data {
				data[i] *= factor
			}
		}
		if err := out.Write(s.Name, data); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// distances runs resnet diff --format json and gives the distances of each layer.
func (w *world) distances(args ...string) map[string]map[string]float64 {
	w.t.Helper()
	if code := w.run(append([]string{"diff", "--format", "json"}, args...)...); code != 0 {
		w.t.Fatalf("exit code %d: %s", code, w.err.String())
	}
	var got struct {
		Weights struct {
			Layers []map[string]any
		}
	}
	if err := json.Unmarshal(w.out.Bytes(), &got); err != nil {
		w.t.Fatal(err)
	}
	all := map[string]map[string]float64{}
	for _, l := range got.Weights.Layers {
		distances := map[string]float64{}
		for key, value := range l {
			if d, ok := value.(float64); ok {
				distances[key] = d
			}
		}
		all[l["path"].(string)] = distances
	}
	return all
}

// A convolution scaled by 1.5 before a fresh batch norm scales what comes out of the ReLU behind it, and no layer before.
func TestDiffCheckpoints(t *testing.T) {
	w := newWorld(t)
	w.image("wave.png", 40, 36, 1)
	w.checkpoint("a.safetensors", "20", nil)
	w.checkpoint("same.safetensors", "20", nil)
	w.checkpoint("b.safetensors", "20", map[string]float32{
		"layer2.1.conv1.weight": 1.5, "layer3.0.bn2.running_var": 4, "fc.weight": 0.75,
	})
	got := w.distances("a.safetensors", "b.safetensors", "--arch", "20", "--image", "wave.png")
	for _, test := range []struct {
		path, what string
		want       float64
	}{
		{"layer2.1.conv1", "weights", 0.5},
		{"layer2.1.conv1", "batch_norm", 0},
		{"layer3.0.conv2", "weights", 0},
		{"layer3.0.conv2", "batch_norm", 3},
		{"fc", "weights", 0.25},
		{"conv1", "output", 0},
		{"layer2.0.add", "output", 0},
		{"layer2.1.conv1", "output", 0.5},
		{"layer2.1.conv2", "output", 0.5},
	} {
		d, ok := got[test.path][test.what]
		if !ok || math.Abs(d-test.want) > 1e-5 {
			t.Errorf("%s of %s: %v, want %v", test.what, test.path, d, test.want)
		}
	}
	for _, path := range []string{"layer2.1.add", "layer2.2.conv1", "layer3.0.pad", "layer3.2.add", "avgpool", "fc"} {
		if d, ok := got[path]["output"]; !ok || d == 0 {
			t.Errorf("the output of %s does not differ (%v)", path, got[path])
		}
	}

	arch := []string{"--arch", "20"}
	w.expect(0, "outputs part in layer2.1.conv1", "", append([]string{"diff", "a.safetensors", "b.safetensors", "--image", "wave.png"}, arch...)...)
	w.expect(0, "3 of 20 layers differ", "", append([]string{"diff", "a.safetensors", "b.safetensors"}, arch...)...)
	w.expect(1, "3 of 20 layers differ", "", append([]string{"diff", "a.safetensors", "b.safetensors", "--exit-code"}, arch...)...)
	w.expect(1, "1 of 20 layers differs by more than 0.5", "", append([]string{"diff", "a.safetensors", "b.safetensors", "--exit-code", "--tolerance", "0.5"}, arch...)...)
	w.expect(0, "all 20 layers are the same within 3", "", append([]string{"diff", "a.safetensors", "b.safetensors", "--exit-code", "--tolerance", "3"}, arch...)...)
	w.expect(0, "all 32 layers are the same", "", append([]string{"diff", "a.safetensors", "same.safetensors", "--exit-code", "--image", "wave.png"}, arch...)...)
}

// Networks that differ share layers, whose weights and outputs are compared.
func TestDiffSharedLayers(t *testing.T) {
	w := newWorld(t)
	w.image("wave.png", 40, 36, 1)
	w.checkpoint("20.safetensors", "20", nil)
	w.checkpoint("plain.safetensors", "plain20_cifar", nil)
	w.file("residual.yaml", "extends: resnet20_cifar\nweights: 20.safetensors\n")
	w.file("plain.yaml", "extends: plain20_cifar\nweights: plain.safetensors\n")
	got := w.distances("residual.yaml", "plain.yaml", "--image", "wave.png")
	if d, ok := got["layer1.0.conv1"]["output"]; !ok || d != 0 {
		t.Errorf("before the first shortcut the outputs differ: %v", got["layer1.0.conv1"])
	}
	if d, ok := got["fc"]["output"]; !ok || d == 0 {
		t.Errorf("a network without shortcuts gives the same: %v", got["fc"])
	}
	if _, ok := got["layer1.0.add"]; ok {
		t.Error("an add that a plain network has not was compared")
	}
	w.expect(2, "", "for two networks with weights", "diff", "20", "plain.yaml", "--image", "wave.png")
	w.expect(0, "shortcut", "only one of the networks has weights", "diff", "20", "plain.yaml")
	w.expect(0, "shortcut", "", "diff", "residual.yaml", "plain.yaml", "--shapes")
	w.expect(2, "", "with --shapes none are read", "diff", "residual.yaml", "plain.yaml", "--shapes", "--image", "wave.png")
	w.expect(2, "", `--tolerance -1: want a number, 0 or more`, "diff", "20", "20", "--tolerance", "-1")
	w.expect(2, "", "nosuch.png", "diff", "residual.yaml", "plain.yaml", "--image", "nosuch.png")
}
