package cli

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// anatomyJSON is what the tests want of resnet.anatomy/v1.
type anatomyJSON struct {
	Photo  string
	Blocks []struct {
		Path           string
		ResidualNorm   float64 `json:"residual_norm"`
		InputNorm      float64 `json:"input_norm"`
		Ratio          float64
		Cosine, Zeros  float64
		SilentChannels int `json:"silent_channels"`
		Responses      []struct{ Std float64 }
		Std            []float64
	}
	Ablations []struct {
		Without     []string
		Index       int
		Label       string
		Probability float64
		Kept        float64 `json:"kept_probability"`
		Rank        int     `json:"kept_rank"`
		Divergence  float64 `json:"divergence_bits"`
	}
	Layers []struct {
		Path  string
		Field *int
	}
}

// TestAnatomyPyTorch compares with what PyTorch's hooks see; testdata/anatomy_reference.py wrote it.
func TestAnatomyPyTorch(t *testing.T) {
	photos, choice := testdataPhotos(t)
	text, err := os.ReadFile("testdata/anatomy_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var want, got anatomyJSON
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	photo := filepath.Join(filepath.Dir(photos[0]), want.Photo)
	w.expect(0, "", "", "trace", "18", "--weights", choice.weights.name, "--image", photo, "--anatomy", "--ablate", "all", "--format", "json")
	w.valid("anatomy.v1.json")
	if err := json.Unmarshal(w.out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want, tolerance float64) {
		if math.Abs(got-want) > tolerance*max(1e-3, math.Abs(want)) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	if len(got.Blocks) != len(want.Blocks) || len(got.Ablations) != len(want.Ablations)+1 {
		t.Fatalf("%d blocks, %d ablations", len(got.Blocks), len(got.Ablations))
	}
	for i, b := range want.Blocks {
		g := got.Blocks[i]
		if g.Path != b.Path || g.SilentChannels != b.SilentChannels {
			t.Errorf("%+v, want %+v", g, b)
		}
		near(b.Path+" ‖F(x)‖", g.ResidualNorm, b.ResidualNorm, 1e-4)
		near(b.Path+" ‖x‖", g.InputNorm, b.InputNorm, 1e-4)
		near(b.Path+" ratio", g.Ratio, b.Ratio, 1e-4)
		near(b.Path+" cosine", g.Cosine, b.Cosine, 1e-4)
		near(b.Path+" zeros", g.Zeros, b.Zeros, 1e-3)
		for j, std := range b.Std {
			near(b.Path+" std", g.Responses[j].Std, std, 1e-4)
		}
	}
	for i, a := range want.Ablations {
		g := got.Ablations[i+1]
		if g.Without[0] != a.Without[0] || g.Index != a.Index || g.Rank != a.Rank {
			t.Errorf("%+v, want %+v", g, a)
		}
		near(a.Without[0]+" probability", g.Probability, a.Probability, 1e-3)
		near(a.Without[0]+" kept", g.Kept, a.Kept, 1e-3)
		near(a.Without[0]+" divergence", g.Divergence, a.Divergence, 1e-3)
	}
}

func TestAnatomy(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 90, 70, 1)
	args := []string{"trace", "resnet18_tiny", "--weights", "resnet18_tiny", "--image", "img.png"}
	with := func(more ...string) []string { return append(append([]string{}, args...), more...) }
	w.expect(0, "2^8 = 256 paths through the shortcuts", "", with("--anatomy")...)
	for _, format := range []string{"json", "ndjson", "csv", "markdown", "latex"} {
		w.expect(0, "layer3.1", "", with("--anatomy", "--format", format)...)
	}
	w.expect(0, "", "", with("--anatomy", "--rows", "layers", "--format", "csv")...)
	rows, err := csv.NewReader(&w.out).ReadAll()
	if err != nil || strings.Join(rows[0], ",") != "path,class,field,jump,stride" || rows[1][0] != "conv1" || len(rows) < 25 {
		t.Errorf("%v: %v", err, rows)
	}
	w.expect(0, "", "", with("--anatomy", "--rows", "blocks", "--format", "csv")...)
	if n := strings.Count(w.out.String(), "\n"); n != 9 || strings.Contains(w.out.String(), "conv1") {
		t.Errorf("%d lines:\n%s", n, w.out.String())
	}
	w.expect(0, "", "", "trace", "plain20_cifar", "--anatomy", "--format", "json")
	w.valid("anatomy.v1.json")
	w.expect(0, "", "", "trace", "20", "--anatomy", "--shapes", "--format", "json")
	w.valid("anatomy.v1.json")
	for _, name := range []string{"a.svg", "a.png", "a.pdf"} {
		w.expect(0, "", "", with("--anatomy", "--ablate", "layer1.0", "--theme", "dark", "-o", name)...)
		if text, err := os.ReadFile(filepath.Join(w.dir, name)); err != nil || len(text) < 5000 {
			t.Errorf("%s: %v, %d bytes", name, err, len(text))
		}
	}
}

func TestAblate(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 90, 70, 1)
	predict := func(blocks string) anatomyJSON {
		t.Helper()
		var got anatomyJSON
		w.expect(0, "", "", "trace", "resnet18_tiny", "--weights", "resnet18_tiny", "--image", "img.png", "--ablate", blocks, "--format", "json")
		w.valid("anatomy.v1.json")
		if err := json.Unmarshal(w.out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := predict("layer2.1,layer2.0+layer2.1")
	if len(got.Ablations) != 3 || got.Blocks != nil || len(got.Ablations[2].Without) != 2 {
		t.Fatalf("%+v", got)
	}
	whole, one, both := got.Ablations[0], got.Ablations[1], got.Ablations[2]
	if whole.Divergence != 0 || whole.Rank != 1 || whole.Kept != whole.Probability || strings.HasPrefix(whole.Label, "class ") {
		t.Errorf("the whole network: %+v", whole)
	}
	if one.Divergence == 0 || both.Divergence == one.Divergence {
		t.Errorf("%+v and %+v", one, both)
	}
	// The whole network is the one that classify runs, and "all" has each block.
	w.expect(0, whole.Label, "", "classify", "img.png", "--top", "1")
	if all := predict("all").Ablations; len(all) != 9 || all[4].Without[0] != "layer2.1" || all[4].Probability != one.Probability {
		t.Errorf("all in turn: %+v", all)
	}
	// Random weights know no names.
	w.expect(0, "class ", "", "trace", "20", "--ablate", "layer1.0")
}

func TestAnatomyUsage(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ want, args string }{
		{"did you mean layer1.", "20 --ablate layer1.9"},
		{"has no shortcut", "plain20_cifar --ablate layer1.0"},
		{"is for one image", "20 --ablate all --batch 2"},
		{"--format svg is for --anatomy", "20 -o x.svg"},
		{"--theme is for the plots of --anatomy: svg, png, pdf", "20 --theme dark"},
		{"--theme is for the plots of --anatomy: svg, png, pdf", "20 --anatomy --theme dark"},
		{"--format article: not of --anatomy", "20 --anatomy --format article"},
		{"--stats: not with --ablate", "20 --ablate all --stats"},
		{"blocks or layers", "20 --anatomy --rows types"},
		{"nothing is computed", "20 --ablate all --shapes"},
		{"no values to show", "20 --anatomy --shapes --rows blocks"},
	} {
		w.expect(2, "", test.want, append([]string{"trace"}, strings.Fields(test.args)...)...)
	}
}

func TestExplainFlops(t *testing.T) {
	w := newWorld(t)
	w.expect(0, "4,121,925,096", "", "summary", "50", "--explain-flops")
	w.expect(0, "4.12 G", "", "summary", "50", "--explain-flops", "--format", "json")
	w.valid("flops.v1.json")
	// The paper's own network has its stride there already, and a basic block has no choice.
	for _, net := range []string{"resnet50_v1", "18"} {
		w.expect(0, "the paper", "", "summary", net, "--explain-flops")
		if strings.Contains(w.out.String(), "stride on") {
			t.Errorf("%s has another network beside it:\n%s", net, w.out.String())
		}
	}
	w.expect(2, "", "for one network", "summary", "18", "34", "--explain-flops")
	w.expect(2, "", "two views", "summary", "18", "--blocks", "--explain-flops")
	w.expect(2, "", "for one image", "summary", "18", "--batch", "2", "--explain-flops")
	w.expect(2, "", "not of --explain-flops", "summary", "18", "--format", "article", "--explain-flops")
}
