package cli

import (
	"bytes"
	"encoding/base64"
	"html"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"resnet/internal/checkpoint"
	"resnet/internal/draw"
)

// report runs resnet report and reads what it writes.
func (w *world) report(args ...string) string {
	w.t.Helper()
	w.expect(0, "", "", append(append([]string{"report"}, args...), "-o", "r.html")...)
	page, err := os.ReadFile(filepath.Join(w.dir, "r.html"))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(page)
}

// TestReport: a photo in the built-in network has labels with their maps, statistics, kernels, and grids of each block.
func TestReport(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 90, 70, 1)
	args := []string{"resnet18_tiny", "--weights", "resnet18_tiny", "--image", "img.png", "--channels", "5"}
	page := w.report(args...)
	if w.report(args...) != page {
		t.Error("the same command writes other bytes")
	}
	for what, want := range map[string]int{
		`alt="where the network sees it"`: 5, `class="block"`: 8, `class="frame"`: 32, "5 of 256 channels, 4×4, the strongest": 2,
		`<section id="kernels">`: 1, ">zeros</th>": 2, "random weights": 0, ">ms</th>": 0, "decoded</dt><dd>90×70 PNG</dd>": 1,
	} {
		if got := strings.Count(page, what); got != want {
			t.Errorf("%q %d times, want %d", what, got, want)
		}
	}
	w.expect(0, "", "", "classify", "img.png", "--top", "1", "--format", "csv")
	label := strings.Split(strings.Split(w.out.String(), "\n")[1], ",")[3]
	if !strings.Contains(page, "<b>"+label+"</b>") {
		t.Errorf("the page does not say %q, which classify says:\n%s", label, w.out.String())
	}
	if timed := w.report(append(args, "--time")...); !strings.Contains(timed, ">ms</th>") || !strings.Contains(timed, ">Time, in ") {
		t.Error("--time shows none")
	}
}

// TestReportRandom: what random weights say of a photo means nothing, and the page says so everywhere.
func TestReportRandom(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 40, 40, 1)
	page := w.report("34", "--image", "img.png", "--size", "32", "--seed", "3")
	if !strings.Contains(page, `class="caution">random weights, seed 3: `) || !strings.Contains(page, "resnet weights pull resnet34") {
		t.Error("no caution, or no way out")
	}
	if page := w.report("resnet18_tiny", "--image", "img.png"); !strings.Contains(page, "Trained ones are built in: --weights resnet18_tiny.") || strings.Contains(page, "weights pull") {
		t.Error("what is built in is to be pulled")
	}
	if n := strings.Count(page, `<span class="badge">random weights</span>`); n != 16 {
		t.Errorf("%d blocks are marked, want 16", n)
	}
	if strings.Contains(page, "<b>class ") || strings.Contains(page, `id="kernels"`) {
		t.Error("labels or kernels of random weights")
	}
	page = w.report("plain20_cifar", "--image", "img.png")
	if strings.Contains(page, `id="blocks"`) || !strings.Contains(page, "no shortcuts: one path") {
		t.Error("a network without shortcuts has blocks that add something")
	}
}

// TestReportSize: the largest of the networks is under 500 KiB without a photo; internal/report has one with a photo.
func TestReportSize(t *testing.T) {
	if page := newWorld(t).report("152"); len(page) >= 500<<10 {
		t.Errorf("%d bytes", len(page))
	}
}

// TestReportValues: the pixels of a grid are the values that trace --save saves, in one scale, which ends at the strongest
// of them all.
func TestReportValues(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 64, 64, 1)
	page := w.report("resnet20_cifar", "--image", "img.png", "--channels", "2")
	w.expect(0, "", "", "trace", "resnet20_cifar", "--image", "img.png", "--save", "all.safetensors")
	file, err := checkpoint.Open(filepath.Join(w.dir, "all.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	block := page[strings.Index(page, `id="block-layer2.1"`):]
	names := regexp.MustCompile(`data-channels="(\d+) (\d+)"`).FindStringSubmatch(block)
	urls := regexp.MustCompile(`<img src="data:image/png;base64,([^"]*)"`).FindAllStringSubmatch(block, 4)
	const side = 16
	var grids [][]float32
	strongest := 0.0
	for _, tensor := range []string{"layer2.0", "layer2.1.bn2", "layer2.1.add", "layer2.1"} {
		values := make([]float32, 32*side*side)
		if err := file.Read(tensor, values); err != nil {
			t.Fatal(err)
		}
		var shown []float32
		for _, name := range names[1:] {
			c, err := strconv.Atoi(name)
			if err != nil {
				t.Fatal(err)
			}
			shown = append(shown, values[c*side*side:][:side*side]...)
		}
		for _, v := range shown {
			strongest = max(strongest, math.Abs(float64(v)))
		}
		grids = append(grids, shown)
	}
	for i, values := range grids {
		data, err := base64.StdEncoding.DecodeString(html.UnescapeString(urls[i][1]))
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		wrong := 0
		for j, v := range values {
			x, y := j/side/side*(side+1)+j%side, j/side%side
			if color.NRGBAModel.Convert(picture.At(x, y)) != draw.Diverging(float64(v)/strongest) {
				wrong++
			}
		}
		if wrong > 0 {
			t.Errorf("grid %d: %d of %d pixels have another colour than the value", i, wrong, len(values))
		}
	}
}
