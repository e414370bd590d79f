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
	for name, v := range map[string]float64{"nan": math.NaN(), "inf": math.Inf(1)} {
		w.filled(name+".safetensors", "resnet20_cifar", func(param string, values []float32) {
			if param == "layer2.0.bn1.bias" {
				values[3] = float32(v)
			}
		})
	}
	w.image("d/1.png", 32, 32, 1)
	w.image("d/2.png", 32, 32, 2)
	w.image("val/3/1.png", 32, 32, 1)
	net := []string{"--arch", "20", "--weights", "nan.safetensors"}
	begins := "1.png: no probabilities, as not all of what the network computes are numbers; " +
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
	if n := strings.Count(w.err.String(), "no probabilities"); n != 1 {
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
