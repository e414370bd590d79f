package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/checkpoint"
	"resnet/internal/checkpoint/safetensors"
	"resnet/internal/config"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// tiny puts the built-in weights into a file of the world.
func (w *world) tiny(name string, flags ...string) {
	w.t.Helper()
	w.expect(0, "102 tensors", "", append([]string{"weights", "convert", "resnet18_tiny", name}, flags...)...)
}

func TestWeightsPull(t *testing.T) {
	w := newWorld(t)
	w.tiny("served.safetensors")
	served := 0
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		served++
		http.ServeFile(rw, r, filepath.Join(w.dir, "served.safetensors"))
	}))
	defer server.Close()
	address := server.URL + "/my-net.safetensors"

	w.expect(0, "my-net  5.45 MiB  sha256 ", "my-net: downloading, 5.45 MiB", "weights", "pull", address)
	if log := w.err.String(); strings.Contains(log, "\r") || strings.Contains(log, "\x1b") {
		t.Errorf("the log has %q", log)
	}
	w.expect(0, "my-net", "", "weights", "pull", address)
	if served != 1 {
		t.Errorf("%d requests", served)
	}
	w.expect(0, ".cache/weights/my-net.safetensors", "", "weights", "path", "my-net")
	w.expect(0, "my-net: sha256 ", "", "weights", "verify", "my-net")
	w.expect(0, `"name":"my-net"`, "", "weights", "list", "--format", "json")
	w.image("img.png", 70, 70, 1)
	w.expect(0, "resnet18_tiny (my-net: ", "", "classify", "img.png", "--weights", "my-net")
	w.expect(0, "removed my-net", "", "weights", "rm", "my-net")
	w.expect(2, "", "no weights are called \"my-net\"", "weights", "rm", "my-net")
	w.expect(2, "", "my-net is not on this disk, and this is offline", "weights", "pull", "--offline", address)
	w.expect(1, "", "no-such-set", "weights", "pull", "no-such-set", address)
	w.expect(2, "", "no-such-set", "weights", "pull", "no-such-set", "nor-this")
}

// TestConvertKeepsWhatIsTooLarge: the variances of a deep network may be more than float16 has, and none becomes infinite.
func TestConvertKeepsWhatIsTooLarge(t *testing.T) {
	w := newWorld(t)
	w.checkpoint("deep.safetensors", "resnet18_tiny", map[string]float32{"bn1.running_var": 65520, "layer1.0.bn1.running_var": 65519}) // 65520 is rounded to infinity
	w.expect(0, "102 tensors", "half.safetensors: 1 tensor is kept as before: there are values too large for float16", "weights", "convert", "deep.safetensors", "half.safetensors", "--dtype", "float16")
	w.expect(0, "", "", "weights", "inspect", "half.safetensors")
	types := map[string]string{}
	for line := range strings.Lines(w.out.String()) {
		if words := strings.Fields(line); len(words) > 1 {
			types[words[0]] = words[1]
		}
	}
	if types["bn1.running_var"] != "float32" || types["layer1.0.bn1.running_var"] != "float16" || types["conv1.weight"] != "float16" {
		t.Errorf("types are %q", types)
	}
}

func TestWeightsDamaged(t *testing.T) {
	w := newWorld(t)
	w.tiny("mine.safetensors", "--dtype", "float32")
	w.expect(0, "mine", "", "weights", "add", "mine.safetensors")
	path := filepath.Join(w.dir, ".cache", "weights", "mine.safetensors")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	w.expect(1, "", "mine: "+path+" is damaged", "weights", "verify", "mine")
	w.expect(2, "", "is damaged", "trace", "--weights", "mine")
	w.expect(0, "removed mine", "", "weights", "rm", "mine")
}

func TestWeightsConvert(t *testing.T) {
	w := newWorld(t)
	w.tiny("a.safetensors")
	w.tiny("b.safetensors", "--dtype", "float32")
	a, b := open(t, filepath.Join(w.dir, "a.safetensors")), open(t, filepath.Join(w.dir, "b.safetensors"))
	for _, name := range a.Names() {
		before, _ := a.Info(name)
		after, ok := b.Info(name)
		if !ok || before.DType != tensor.Float16 || after.DType != tensor.Float32 || !before.Shape.Equal(after.Shape) {
			t.Fatalf("%s: %v became %v", name, before, after)
		}
		x, y := make([]float32, before.Shape.Elements()), make([]float32, before.Shape.Elements())
		if err := a.Read(name, x); err != nil {
			t.Fatal(err)
		}
		if err := b.Read(name, y); err != nil {
			t.Fatal(err)
		}
		for i := range x {
			if x[i] != y[i] {
				t.Fatalf("%s[%d]: %v became %v", name, i, x[i], y[i])
			}
		}
	}
	w.expect(2, "", "--dtype", "weights", "convert", "a.safetensors", "c.safetensors", "--dtype", "int8")
	w.expect(2, "", "no network under \"ema\"", "weights", "convert", "a.safetensors", "c.safetensors", "--part", "ema")
	if _, err := os.Stat(filepath.Join(w.dir, "c.safetensors")); err == nil {
		t.Error("c.safetensors is there")
	}
}

func open(t *testing.T, path string) *checkpoint.File {
	t.Helper()
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestWeightsErrorsSayWhatToDo(t *testing.T) {
	w := newWorld(t)
	w.tiny("tiny.safetensors")
	for _, test := range []struct {
		code int
		want string
		args []string
	}{
		{2, "tiny.safetensors does not fit resnet18: 0 tensors missing, 0 unexpected, 102 of another shape", []string{"trace", "18", "--weights", "tiny.safetensors"}},
		{2, "these look like resnet18_tiny: --arch resnet18_tiny", []string{"trace", "18", "--weights", "tiny.safetensors"}},
		{2, "the weights resnet50.tv2_in1k are not on this disk: resnet weights pull resnet50.tv2_in1k (or --pull)", []string{"trace", "--weights", "ResNet-50"}},
		{2, "the weights resnet50.tv_in1k are not on this disk", []string{"trace", "--weights", "resnet50.IMAGENET1K_V1"}},
		{2, `did you mean "resnet50.tv`, []string{"trace", "--weights", "resnet50.tv3_in1k"}},
		{2, "nowhere.pth: no such file", []string{"trace", "--weights", "nowhere.pth"}},
		{2, "no set of trained weights is known for resnet32_cifar", []string{"weights", "pull", "32"}},
		{2, "resnet18_tiny is built in", []string{"weights", "pull", "resnet18_tiny"}},
		{1, "resnet18.tv_in1k is not on this disk: resnet weights pull resnet18.tv_in1k", []string{"weights", "path", "18"}},
		{2, "needs the name of a set, or --unused", []string{"weights", "rm"}},
		{2, "only https:// is safe", []string{"weights", "pull", "http://example.org/x.pth"}},
	} {
		w.expect(test.code, "", test.want, test.args...)
	}
}

func TestWeightsInspect(t *testing.T) {
	w := newWorld(t)
	w.tiny("tiny.safetensors")
	w.expect(0, "resnet18_tiny, 200 classes, torchvision names", "", "weights", "inspect", "tiny.safetensors")
	w.expect(0, `"totals":{"inf":0,"nan":0,"tensors":102`, "", "weights", "inspect", "tiny.safetensors", "--format", "json")
	w.expect(0, "", "", "weights", "inspect", "tiny.safetensors", "--config", "-o", "net.yaml")
	w.expect(0, "18 weighted layers", "", "models", "check", "net.yaml")
	w.expect(0, "weights tiny.safetensors", "", "trace", "net.yaml", "--weights", "tiny.safetensors", "--rows", "stages")
}

// zeros writes a checkpoint of a network, all zero.
func (w *world) zeros(name, arch string) { w.filled(name, arch, func(string, []float32) {}) }

// filled writes a checkpoint of what fill makes of zeros.
func (w *world) filled(name, arch string, fill func(param string, values []float32)) {
	w.t.Helper()
	a, err := config.Load(arch)
	if err != nil {
		w.t.Fatal(err)
	}
	graph, err := model.Build(a.Spec)
	if err != nil {
		w.t.Fatal(err)
	}
	var specs []safetensors.Spec
	for _, p := range graph.Params() {
		specs = append(specs, safetensors.Spec{Name: p.Name, Info: tensor.Info{Shape: p.Shape, DType: tensor.Float16}})
	}
	out, err := safetensors.Create(filepath.Join(w.dir, name), specs, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range specs {
		values := make([]float32, s.Shape.Elements())
		fill(s.Name, values)
		if err := out.Write(s.Name, values); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// What tensors cannot tell is asked for, or said.
func TestWeightsAsk(t *testing.T) {
	w := newWorld(t)
	w.zeros("plain.safetensors", "plain20_cifar")
	path := filepath.Join(w.dir, "plain.safetensors")
	w.expect(2, "", "plain.safetensors: the tensors do not tell the shortcut: pad, pad-behind, pad-average, pad-average-behind, none; say which: --shortcut pad or --shortcut pad-behind or", "trace", path)
	w.expect(0, "Plain-20 (CIFAR) ", "", "trace", path, "--arch", "plain20_cifar", "--rows", "stages")
	w.expect(0, "ResNet-20 (CIFAR) ", "", "trace", "20", "--weights", path, "--rows", "stages")
	w.expect(0, "shortcut: pad", "the tensors do not tell the shortcut: pad, pad-behind, pad-average, pad-average-behind, none; the YAML says shortcut: pad", "weights", "inspect", path, "--config")

	w.zeros("bottleneck.safetensors", "resnet50_v1")
	path = filepath.Join(w.dir, "bottleneck.safetensors")
	w.expect(0, "ResNet-50 ", "bottleneck.safetensors: taken for resnet50, not for timm's resnetaa50 or resnetblur50, whose tensors are the same (otherwise: --arch resnet50_v1)", "summary", path)
	w.expect(0, "ResNet-50 (v1) ", "", "summary", "resnet50_v1", "--weights", path)
}

// TestEmptyCheckpoint: a file without tensors is no network, and nothing is made of it.
func TestEmptyCheckpoint(t *testing.T) {
	w := newWorld(t)
	w.file("e.safetensors", "\x02\x00\x00\x00\x00\x00\x00\x00{}")
	w.expect(2, "", "e.safetensors: it holds no tensor\n", "weights", "convert", "e.safetensors", "o.safetensors")
	w.expect(0, "e.safetensors: it holds no tensor\n", "", "weights", "inspect", "e.safetensors")
	w.expect(2, "", "e.safetensors: it holds no tensor\n", "trace", "18", "--shapes=false", "--weights", "e.safetensors")
	if _, err := os.Stat(filepath.Join(w.dir, "o.safetensors")); err == nil {
		t.Error("convert has written a file")
	}
}
