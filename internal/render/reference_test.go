package render_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/config"
	"resnet/internal/render"
)

// The reference is what testdata/reference.py prints with PyTorch.

func TestReference(t *testing.T) {
	text, err := os.ReadFile("testdata/reference/sha256.json")
	if err != nil {
		t.Fatal(err)
	}
	var references []struct {
		Arch            string
		Input           []int
		Article, Events string
	}
	if err := json.Unmarshal(text, &references); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range references {
		seen[r.Arch] = true
		t.Run(fmt.Sprint(r.Arch, r.Input), func(t *testing.T) {
			trace := trace(t, "layers", r.Arch, r.Input...)
			if got := digest(write(t, trace, "article", wide)); got != r.Article {
				t.Errorf("--format article prints something else than the hooks: %s, want %s", got, r.Article)
			}
			if got := digest(modules(t, trace)); got != r.Events {
				t.Errorf("--format ndjson has other events than PyTorch: %s, want %s", got, r.Events)
			}
		})
	}
	for _, arch := range torchvision {
		if !seen[arch] {
			t.Errorf("no reference of %s", arch)
		}
	}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// modules is the NDJSON of a trace as PyTorch has it: without functions, and without their numbers.
func modules(t *testing.T, v render.View) string {
	var out strings.Builder
	for line := range strings.Lines(write(t, v, "ndjson", wide)) {
		if strings.Contains(line, `"functional":true`) {
			continue
		}
		_, rest, ok := strings.Cut(line, `,"path"`)
		if !ok || !strings.HasPrefix(line, `{"index":`) {
			t.Fatalf("an event that does not begin with its index: %s", line)
		}
		out.WriteString(`{"path"` + rest)
	}
	return out.String()
}

// The two texts in full, as a digest does not show what is wrong.
func TestReferenceInFull(t *testing.T) {
	for _, arch := range []string{"resnet34", "resnet50"} {
		trace := trace(t, "layers", arch)
		for file, got := range map[string]string{
			"article/" + arch + ".txt":  write(t, trace, "article", wide),
			"events/" + arch + ".jsonl": modules(t, trace),
		} {
			want, err := os.ReadFile(filepath.Join("testdata/reference", file))
			if err != nil {
				t.Fatal(err)
			}
			if line := firstDifference(got, string(want)); line != "" {
				t.Errorf("%s: %s", file, line)
			}
		}
	}
}

func firstDifference(got, want string) string {
	a, b := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return fmt.Sprintf("line %d: got %q, want %q", i+1, at(a, i), at(b, i))
		}
	}
	return ""
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

// The events that PyTorch has no module for, against the graph.
func TestFunctionalEvents(t *testing.T) {
	for net, want := range map[string][]string{
		"resnet18": {
			"layer1.0.add identity", "layer1.1.add identity", "layer2.0.add projection", "layer2.1.add identity",
			"layer3.0.add projection", "layer3.1.add identity", "layer4.0.add projection", "layer4.1.add identity", "flatten",
		},
		"resnet20_cifar": {
			"layer1.0.add identity", "layer1.1.add identity", "layer1.2.add identity",
			"layer2.0.pad", "layer2.0.add pad", "layer2.1.add identity", "layer2.2.add identity",
			"layer3.0.pad", "layer3.0.add pad", "layer3.1.add identity", "layer3.2.add identity", "flatten",
		},
		"plain18": {"flatten"},
	} {
		var got []string
		for line := range strings.SplitSeq(strings.TrimSpace(write(t, trace(t, "layers", net), "ndjson", wide)), "\n") {
			var e struct {
				Path, Shortcut string
				Functional     bool
				Input          [][]int
			}
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			if !e.Functional {
				continue
			}
			got = append(got, strings.TrimSpace(e.Path+" "+e.Shortcut))
			if strings.HasSuffix(e.Path, ".add") != (len(e.Input) == 2) {
				t.Errorf("%s %s has %d inputs", net, e.Path, len(e.Input))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", net, got, want)
		}
	}
}

// The template that the help shows is --format article, of every network.
func TestArticleTemplate(t *testing.T) {
	template, err := render.ParseTemplate(render.ArticleTemplate)
	if err != nil {
		t.Fatal(err)
	}
	for _, net := range config.Names() {
		trace := trace(t, "layers", net)
		var out bytes.Buffer
		if err := template.Write(&out, trace); err != nil {
			t.Fatal(err)
		}
		if line := firstDifference(out.String(), write(t, trace, "article", wide)); line != "" {
			t.Errorf("%s: %s", net, line)
		}
	}
}

func TestArticleSummary(t *testing.T) {
	for _, arch := range []string{"resnet34", "resnet50"} {
		want, err := os.ReadFile("testdata/summary/" + arch + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		got := write(t, &render.Summary{Pass: *pass(t, arch)}, "article", wide)
		if line := firstDifference(got, string(want)); line != "" {
			t.Errorf("%s: %s", arch, line)
		}
	}
}
