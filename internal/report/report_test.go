package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"html"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"resnet/internal/anatomy"
	"resnet/internal/browser"
	"resnet/internal/cam"
	"resnet/internal/hooks"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/model"
	"resnet/internal/render"
)

var update = flag.Bool("update", false, "rewrite golden files")

// evil is a name that would be markup, script or style wherever it were not text.
const evil = "\"><script>alert(1)</script>'`{{.}}${x}&lt;/*</style>"

// reportOf is one of a network of four blocks, with a photo: names are hostile, and values are not all numbers.
func reportOf(t *testing.T) *Report {
	t.Helper()
	g, err := model.Build(model.Spec{Name: "net " + evil, Layers: []int{2, 1}, Planes: []int{4, 8}, NumClasses: 3, Input: [3]int{3, 16, 16}}.Default())
	if err != nil {
		t.Fatal(err)
	}
	layers, err := g.Layers(g.InputShape(1))
	if err != nil {
		t.Fatal(err)
	}
	pass := render.Pass{
		Head:  render.Head{Spec: g.Spec, Input: g.InputShape(1), Source: evil + "\u202e.jpg", Weights: "random weights, seed 0"},
		Graph: g, All: hooks.Records(layers),
	}
	for i := range pass.All {
		d := time.Duration(i) * time.Millisecond
		pass.All[i].Time, pass.All[i].Stats = &d, &hooks.Stats{Mean: float64(i), Std: 1, Zeros: 0.5}
	}
	columns := append(render.InitialColumns("layers", layers), "time")
	r := &Report{
		Trace:  &render.Trace{Pass: pass, Rows: "layers", Columns: append(columns, render.StatColumns...)},
		Random: "random weights: " + evil, Program: "Made by resnet 1.2.3.",
		Kernels: &Kernels{Path: "conv1", Height: 2, Width: 2, In: 3, Values: make([]float32, 4*3*4)},
	}
	paths := anatomy.PathsOf(g)
	r.Anatomy = &render.Anatomy{Pass: pass, Fields: anatomy.Fields(g.Graph), Paths: &paths}
	for i, stage := range g.Stages {
		for _, b := range stage.Blocks {
			r.Anatomy.Blocks = append(r.Anatomy.Blocks, anatomy.Block{Path: b.Path, Shortcut: b.Shortcut, Stage: i, Input: 2, Residual: 1, Cosine: 0.5, Channels: 4})
			s := anatomy.Streams{Path: b.Path, Add: b.Path + ".add", Class: b.Class, Shortcut: b.Shortcut, Channels: []int{3, 0, 2}, Of: 1024, Height: 2, Width: 2}
			for _, values := range []*[]float32{&s.X, &s.Residual, &s.Sum, &s.Output} {
				*values = []float32{0, 1, -2, 3, 0, 0, 0, 0, 1, 1, 1, float32(math.NaN())}
			}
			r.Streams = append(r.Streams, s)
		}
	}
	preprocess := imaging.ImageNet
	steps := preprocess.Steps(imaging.Config{Format: "JPEG", Width: 300, Height: 200, Orientation: 1})
	r.Photo = &Photo{
		Name: evil, Whole: imaging.NewImage(60, 40), Crop: &imaging.Crop{Image: imaging.NewImage(16, 16), Steps: steps}, Preprocess: preprocess,
		Answers: []Answer{
			{labels.Prediction{Index: 1, Label: evil, Probability: 0.75, Logit: 3}, &cam.Map{Height: 1, Width: 2, Values: []float32{1, 2}}},
			{labels.Prediction{Index: 2, Label: "pizza", Probability: 0.25, Logit: 2}, nil},
		},
		Notes: []string{evil},
	}
	return r
}

func written(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	bodies  = regexp.MustCompile(`(?s)<body>.*</main>`)
	data    = regexp.MustCompile(`data:image/(png|jpeg);base64,[A-Za-z0-9/=&#;]+`)
	figures = regexp.MustCompile(`(?s)<svg.*?</svg>`)
	outside = regexp.MustCompile(`(?i)(src|href|action|data|poster|srcset|formaction)\s*=\s*"?([^"\s>]*)|url\(|@import`)
	scripts = regexp.MustCompile(`(?s)<script type="module">(.*?)</script>`)
	policy  = regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`)
)

// TestReport: the page's body is what a reader without JavaScript has.
func TestReport(t *testing.T) {
	page := written(t, reportOf(t))
	if again := written(t, reportOf(t)); again != page {
		t.Error("the same report makes other bytes")
	}
	body := figures.ReplaceAllString(data.ReplaceAllString(bodies.FindString(page), "data:…"), "<svg>…</svg>") + "\n"
	file := filepath.Join("testdata", "TestReport", "body.html")
	if *update {
		if err := os.WriteFile(file, []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != body {
		t.Errorf("differs from %s; look at it, then -update:\n%s", file, body)
	}
}

// TestAlone: a page asks for nothing, whatever names hold, and its policy lets no script run but its own.
func TestAlone(t *testing.T) {
	checkAlone(t, written(t, reportOf(t)))
	checkAlone(t, cardsPage(t, cards()))
	checkAlone(t, qualityPage(t, 3, cards()))
}

func checkAlone(t *testing.T, page string) {
	t.Helper()
	for _, found := range outside.FindAllStringSubmatch(scripts.ReplaceAllString(page, ""), -1) {
		if !strings.HasPrefix(found[2], "data:") && !strings.HasPrefix(found[2], "#") {
			t.Errorf("%q may ask for something", found[0])
		}
	}
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "\u202e") {
		t.Error("a name is markup, or turns the direction of text")
	}
	allowed := html.UnescapeString(policy.FindStringSubmatch(page)[1])
	own := scripts.FindAllStringSubmatch(page, -1)
	for _, script := range own {
		digest := sha256.Sum256([]byte(script[1]))
		if !strings.Contains(allowed, "'sha256-"+base64.StdEncoding.EncodeToString(digest[:])+"'") {
			t.Errorf("the policy %q does not know the script %.60q", allowed, script[1])
		}
	}
	if len(own) != 1 || strings.Count(allowed, "'sha256-") != 1 || strings.Contains(allowed, "script-src 'unsafe-inline'") ||
		!strings.HasPrefix(allowed, "default-src 'none'; img-src data:;") {
		t.Errorf("%d scripts, policy %q", len(own), allowed)
	}
}

// TestBreakable: where a long name may be broken.
func TestBreakable(t *testing.T) {
	for name, want := range map[string]string{
		"layer2.0.downsample.0": "layer2.0.|downsample.0", "ILSVRC2012_val_00003650.JPEG": "ILSVRC2012_|val_|00003650.|JPEG",
		"/tmp/a-b.pth": "/|tmp/|a-|b.|pth", "<1 & 2>": "&lt;1 &amp; 2&gt;",
	} {
		if got := breakable(name); string(got) != strings.ReplaceAll(want, "|", "<wbr>") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestWithoutPhoto: what is not there has no heading and no link, and boxes of blocks lead nowhere.
func TestWithoutPhoto(t *testing.T) {
	r := reportOf(t)
	r.Photo, r.Streams, r.Kernels, r.Anatomy.Blocks = nil, nil, nil, nil
	page := written(t, r)
	ids := map[string]bool{"": true}
	for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[id[1]] {
			t.Errorf("two elements are %q", id[1])
		}
		ids[id[1]] = true
	}
	links := regexp.MustCompile(`href="#([^"]*)"`)
	for _, page := range []string{page, written(t, reportOf(t))} {
		for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			ids[id[1]] = true
		}
		for _, link := range links.FindAllStringSubmatch(page, -1) {
			if !strings.Contains(page, ` id="`+link[1]+`"`) {
				t.Errorf("%q leads nowhere", link[0])
			}
		}
	}
	for _, missing := range []string{`id="photo"`, `id="blocks"`, `id="kernels"`, "block-layer1.0"} {
		if strings.Contains(page, missing) {
			t.Errorf("%s without a photo", missing)
		}
	}
}

// TestSize: ResNet-152 with a photo is under 6 MiB, when its maps are noise, which nothing can make small.
func TestSize(t *testing.T) {
	spec := model.Spec{Name: "resnet152", Block: "bottleneck", Layers: []int{3, 8, 36, 3}}.Default()
	spec.Stem.Pool = &model.StemPool{Kernel: 3, Stride: 2, Padding: 1}
	g, err := model.Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := g.Layers(g.InputShape(1))
	if err != nil {
		t.Fatal(err)
	}
	r := reportOf(t)
	r.Trace.Pass.Graph, r.Trace.Pass.All, r.Trace.Pass.Spec, r.Trace.Pass.Input = g, hooks.Records(layers), g.Spec, g.InputShape(1)
	r.Streams = nil
	shapes := map[string]int{}
	for _, l := range layers {
		shapes[l.Path] = l.Output[len(l.Output)-1]
	}
	noise := rand.New(rand.NewPCG(1, 2))
	for _, stage := range g.Stages {
		for _, b := range stage.Blocks {
			s := anatomy.Streams{Path: b.Path, Add: b.Path + ".add", Class: b.Class, Shortcut: b.Shortcut, Channels: make([]int, 16), Of: 2048, Height: shapes[b.Path], Width: shapes[b.Path]}
			for _, values := range []*[]float32{&s.X, &s.Residual, &s.Sum, &s.Output} {
				for range 16 * s.Height * s.Width {
					*values = append(*values, float32(noise.NormFloat64()))
				}
			}
			r.Streams = append(r.Streams, s)
		}
	}
	photo := imaging.NewImage(Side, Side)
	for i := range photo.Pix {
		photo.Pix[i] = byte(noise.Uint32())
	}
	r.Photo.Whole, r.Photo.Answers = photo, slices.Repeat(r.Photo.Answers[:1], 5)
	if page := written(t, r); len(page) >= 6<<20 || strings.Count(page, `class="frame"`) != 4*50 || strings.Count(page, "16 of 2,048 channels, ") != 50 {
		t.Errorf("%d bytes, %d grids", len(page), strings.Count(page, `class="frame"`))
	}
}

// TestReportByKeys: who has no mouse sees maps large too, each control has a name, and paper shows all that may be folded away.
func TestReportByKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(written(t, reportOf(t))), 0o666); err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t, 1280, 1000)
	p.Visit("file://" + filepath.ToSlash(file))
	if roles := p.Nameless(); len(roles) > 0 {
		t.Errorf("controls without a name: %v", roles)
	}
	p.Run(`document.querySelector(".section button").focus()`, nil)
	p.Press(kb.Enter)
	if rows := p.Text(`[...document.querySelectorAll("#layers-table tbody tr")].filter(row => row.checkVisibility()).length`); rows != "9" {
		t.Errorf("%s rows, want 7 and 2 heads, as a stage is folded", rows)
	}
	for range 200 {
		if p.Press(kb.Tab); p.Text(`document.activeElement.matches(".frame")`) == "true" {
			break
		}
	}
	p.Press(kb.ArrowRight + kb.Enter + kb.ArrowLeft)
	if got := p.Text(`document.querySelector("dialog p").textContent`); got != "layer1.0, channel 0, row 1, column 0: sees x 0 to 7, y 0 to 9" {
		t.Errorf("a map by keys: %q", got)
	}
	p.Press(kb.Escape)
	p.Wait(`!document.querySelector("dialog")`)
	if p.Text(`document.activeElement.matches(".frame")`) != "true" {
		t.Error("the focus is lost")
	}
	p.Prefer("print", "prefers-color-scheme", "dark")
	p.Wait(`document.querySelector("details:not([open]) td").checkVisibility({ contentVisibilityAuto: true })`)
	for expression, want := range map[string]string{
		`[...document.querySelectorAll("nav, .tools, .narrow, .scripted")].filter(element => element.checkVisibility()).length`: "0",
		`getComputedStyle(document.body).backgroundColor`:                                                                       "rgb(255, 255, 255)",
		`getComputedStyle(document.querySelector("thead button")).display`:                                                      "contents",
	} {
		if got := p.Text(expression); got != want {
			t.Errorf("on paper %s is %s, want %s", expression, got, want)
		}
	}
	if pdf := p.PDF(); !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Errorf("printed: %.20q", pdf)
	}
}

// TestReportInBrowser looks at the page in Chromium, in frames of several widths: nothing is wider than the frame, no texts
// lie over each other, and search, filter, order and folding do what they say. Without scripts all rows are there, and no
// control that does nothing.
func TestReportInBrowser(t *testing.T) {
	driver, err := os.ReadFile("testdata/TestReport/driver.html")
	if err != nil {
		t.Fatal(err)
	}
	got := browser.Run(t, strings.ReplaceAll(string(driver), "$PAGE", html.EscapeString(written(t, reportOf(t)))))
	for name, want := range map[string]string{
		"error": "", "too wide": "", "overlaps": "", "count": "14 of 14 rows", "search": "layer2.0.conv1", "type": "fc", "none": "",
		"descending": "layer2.0.conv1 layer2.0.add", "ascending": "conv1 layer1.0.conv1", "flow": "conv1 layer1.0.conv1 layer1.0.conv2", "sections": "2 of 2, then 0 of 2",
		"folded": "7 rows", "followed": "14 rows", "channel": "channel 3, then channel 0", "marks": "4 marks at 33.3333%", "large": "4 maps of 2×2, layer1.0, channel 0, row 1, column 1: sees x 0 to 9, y 0 to 9", "field": "0% 0% 62.5% 62.5%", "moved": "row 1, column 0: sees x 0 to 7, y 0 to 9",
		"dark": "differs", "without script": "14 rows, 0 controls",
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %q", name, got[name], want)
		}
	}
}
