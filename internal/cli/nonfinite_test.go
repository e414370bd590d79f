package cli

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Where a network's output is no number, everything is shown as it is, the warning names the layer that it begins in, once,
// and the exit code is 1.
func TestNonFinite(t *testing.T) {
	w := newWorld(t)
	w.nonFinite()
	w.image("d/1.png", 32, 32, 1)
	w.image("d/2.png", 32, 32, 2)
	w.image("val/3/1.png", 32, 32, 1)
	net := []string{"--arch", "20", "--weights", "nan.safetensors"}
	begins := "1.png: without probabilities, as not all of what the network computes are numbers; " +
		"the first are in layer2.0.bn1 (BatchNorm2d): 256 of 8,192 values (3.12 %) are NaN\n"
	for _, args := range []string{
		"", "-f csv", "-f json", "-f markdown", "-f ndjson", "--top 1", "--explain", "--cam -", "--cam x.png", "--sheet x.html", "--width 40",
	} {
		line := append(append([]string{"classify", "d/1.png"}, net...), strings.Fields(args)...)
		w.expect(1, "", "d/"+begins, line...)
		if args == "-f json" {
			w.valid("classify.v1.json")
			w.expect(1, `"probability":null`, "", line...)
		}
	}
	w.expect(1, "", "2 labelled, 2 without probabilities", append([]string{"classify", "d", "--copy-to", "out", "--min-probability", "0"}, net...)...)
	if n := strings.Count(w.err.String(), ": without probabilities"); n != 1 {
		t.Errorf("%d warnings, want one:\n%s", n, w.err.String())
	}
	for _, name := range []string{"1.png", "2.png"} {
		if _, err := os.Stat(filepath.Join(w.dir, "out", unsureDir, name)); err != nil {
			t.Error(err)
		}
	}
	for _, format := range []string{"json", "table", "csv", "markdown", "latex"} {
		w.expect(1, "", begins, append([]string{"eval", "val", "-f", format}, net...)...)
		if format == "json" {
			w.valid("eval.v1.json")
			w.expect(1, `"calibration_error":null`, "", append([]string{"eval", "val", "-f", format}, net...)...)
		}
	}
	w.expect(1, "", "(BatchNorm2d): 256 of 8,192 values (3.12 %) are infinite", "classify", "d/1.png", "--arch", "20", "--weights", "inf.safetensors")
	w.expect(1, "NaN", "", "classify", "d/1.png", "--arch", "20", "--weights", "inf.safetensors", "-q")
}

// nonFinite makes networks with numbers that are none.
func (w *world) nonFinite() {
	for name, v := range map[string]float64{"nan": math.NaN(), "inf": math.Inf(1), "negative": math.Inf(-1)} {
		w.filled(name+".safetensors", "resnet20_cifar", func(param string, values []float32) {
			switch {
			case name != "negative" && param == "layer2.0.bn1.bias":
				values[3] = float32(v)
			case name == "negative" && param == "fc.bias":
				for i := range values {
					values[i] = float32(v)
				}
			}
		})
	}
	w.filled("fine.safetensors", "resnet20_cifar", func(string, []float32) {})
}

// Every command that shows what a network says of an image tells so where that are no numbers, and exits with 1.
func TestNonFiniteEverywhere(t *testing.T) {
	w := newWorld(t)
	w.nonFinite()
	w.image("p.png", 32, 32, 1)
	w.image("val/3/p.png", 32, 32, 1)
	w.file("headless.yaml", "extends: 20\nclassifier: none\n")
	const (
		nan = ", as not all of what the network computes are numbers; the first are in layer2.0.bn1 (BatchNorm2d): 256 of 8,192 values (3.12 %) are NaN\n"
		inf = ", as not all of what the network computes are numbers; the first are in fc (Linear): 10 of 10 values (100 %) are infinite\n"
	)
	for _, test := range []struct{ args, out, stderr string }{
		{"classify p.png --arch 20 --weights negative.safetensors", "NaN", "p.png: without probabilities" + inf},
		{"classify p.png --arch 20 --weights negative.safetensors -f json", `"probability":null`, "p.png: without probabilities" + inf},
		{"eval val --arch 20 --weights negative.safetensors -f json", `"calibration_error":null`, "p.png: without probabilities" + inf},
		{"eval val --arch 20 --weights fine.safetensors --against nan.safetensors -f json", `"neither":1`, "p.png: without probabilities of nan.safetensors" + nan},
		{"eval val --arch 20 --weights nan.safetensors --against nan.safetensors -f json", `"changed":0`, "p.png: without probabilities" + nan},
		{"trace 20 --weights nan.safetensors --image p.png", "answer: airplane NaN %", "p.png: without probabilities" + nan},
		{"trace 20 --weights negative.safetensors --image p.png -f json", `"probability":null`, "p.png: without probabilities" + inf},
		{"trace 20 --weights nan.safetensors --image p.png --ablate layer3.1 -f json", `"divergence_bits":null`, "p.png: without probabilities" + nan},
		{"trace 20 --weights nan.safetensors --image p.png --anatomy", "NaN", "p.png: without probabilities" + nan},
		{"trace 20 --weights nan.safetensors --image p.png --anatomy -f json", `"zeros":null`, "p.png: without probabilities" + nan},
		{"trace 20 --weights nan.safetensors --image p.png --anatomy -f svg", "<svg", "p.png: without probabilities" + nan},
		{"trace 20 --weights nan.safetensors --image p.png --anatomy --ablate layer3.1", "NaN", "p.png: without probabilities" + nan},
		{"trace 20 --weights nan.safetensors --stats", "NaN", "noise: without probabilities" + nan},
		{"trace 20 --weights nan.safetensors", "", "noise: without probabilities" + nan},
		{"trace 20 --weights nan.safetensors -b 2 -f json", "", "noise: without probabilities, as"},
		{"trace headless.yaml --weights nan.safetensors --allow-extra --image p.png", "", "p.png: with NaN or infinite features" + nan},
		{"diff fine.safetensors nan.safetensors --arch 20 --image p.png", "NaN %", "nan.safetensors: without probabilities" + nan},
		{"features p.png --arch 20 --weights nan.safetensors -f csv", "p.png,NaN,NaN,", "p.png: with NaN or infinite features" + nan},
		{"features p.png --arch 20 --weights inf.safetensors -o f.npy", "", "p.png: with NaN or infinite features, as"},
	} {
		w.expect(1, test.out, test.stderr, strings.Fields(test.args)...)
		if n := strings.Count(w.err.String(), "as not all of what"); n != 1 {
			t.Errorf("%s: %d warnings, want one", test.args, n)
		}
	}
	if _, err := os.Stat(filepath.Join(w.dir, "f.npy")); err != nil {
		t.Error(err)
	}
	w.expect(0, "p.png,", "", "features", "p.png", "--arch", "20", "--weights", "negative.safetensors", "-f", "csv")
	w.expect(1, "", "2 written, 2 with NaN or infinite features", "features", "p.png", "p.png", "--arch", "20", "--weights", "nan.safetensors", "-f", "csv")
}

// A network with numbers that are none is not quantized: nobody could read the file.
func TestQuantizeNonFinite(t *testing.T) {
	w := newWorld(t)
	w.nonFinite()
	w.image("d/p.png", 32, 32, 1)
	for name, layer := range map[string]string{"nan": "layer2.0.conv1: output channel 3", "inf": "layer2.0.conv1: output channel 0", "negative": "fc: output channel 0"} {
		w.expect(2, "", "layer "+layer+" has weights, or saw values, that are NaN or infinite",
			"weights", "quantize", name+".safetensors", "q.safetensors", "--arch", "20", "--calibrate", "d")
		if _, err := os.Stat(filepath.Join(w.dir, "q.safetensors")); err == nil {
			t.Errorf("%s: there is a file", name)
		}
	}
	w.expect(0, "q.safetensors: 20 layers in int8", "", "weights", "quantize", "fine.safetensors", "q.safetensors", "--arch", "20", "--calibrate", "d")
}
