package render_test

import (
	"strings"
	"testing"

	"resnet/internal/evaluate"
	"resnet/internal/labels"
	"resnet/internal/render"
)

func settings() *render.Settings {
	return &render.Settings{
		Values: []render.Setting{
			{Key: "arch", Value: "nets/a network of one's own that has a long name.yaml", From: "/home/somebody/.config/resnet/settings.yaml:12",
				Usage: "network where a command names none (classify: the built-in one)"},
			{Key: "width", Value: "0", From: "default", Usage: "columns that tables fit into (0: the terminal's)"},
		},
		Files: []render.SettingsFile{{Path: ".resnet.yaml"}, {Path: "/home/somebody/.config/resnet/settings.yaml", Exists: true}},
	}
}

// longNamed are views of files, classes and tensors with longer names than a narrow terminal has columns.
func longNamed(t *testing.T) map[string]render.View {
	const path = "photos/a folder with a rather long name/日本/IMG_2024-05-17 in the mountains, edited copy 3.jpeg"
	list := &labels.List{Classes: []string{"a class whose label is a whole sentence of words", "American Staffordshire terrier", "cat"}}
	e := &render.Evaluation{Net: "resnet18 (" + path + ")", Labels: list, Scores: evaluate.New(3), Weights: path, Against: path, Paired: &evaluate.Paired{Both: 2, OnlyA: 1}}
	for label := range 3 {
		e.Scores.Add(path, label, []float64{.2, .3, .5}, []int{1, 0, 2})
	}
	i := inspection()
	i.File = path
	for n := range i.Tensors {
		i.Tensors[n].Name, i.Tensors[n].Parameter = strings.Repeat("module.", 12)+i.Tensors[n].Name, strings.Repeat("layer3.", 9)+"conv1"
	}
	a := anatomyView(t, "resnet50")
	for n := range a.Ablations {
		a.Ablations[n].Label = list.Classes[0]
	}
	d := values(t, "resnet18", "resnet18")
	d.A.Name, d.Weights.A, d.Weights.Image = path, path, path
	return map[string]render.View{"bench": bench(), "evaluation": e, "inspection": i, "anatomy": a, "diff": d}
}

// TestClassifiedFits: the table of images that is written as they come keeps to the terminal, with every probability whole.
func TestClassifiedFits(t *testing.T) {
	const name = "photos/a folder with a rather long name/IMG_2024-05-17.jpeg"
	predictions := []labels.Prediction{{Label: "American Staffordshire terrier", Probability: .875}, {Label: "black-and-white colobus monkey", Probability: .0625}, {Label: "cat", Probability: .03125}}
	for _, many := range []bool{false, true} {
		for top := range 4 {
			for _, width := range []int{50, 60, 80, 200} {
				var out strings.Builder
				look := render.Look{Width: width, Unicode: true}
				w, err := render.NewClassifyWriter(&out, "table", render.ClassifyHead{Net: "resnet18 (" + name + ": 1,000 classes)", Top: top, Many: many, NameWidth: len(name)}, look)
				if err != nil {
					t.Fatal(err)
				}
				shown := predictions
				next := (*labels.Prediction)(nil)
				if top > 0 && top < 3 {
					shown, next = predictions[:top], &predictions[top]
				}
				for _, file := range []string{name, "a.png", name + name} {
					if err := w.Result(render.Classified{File: file, Predictions: shown, NextBest: next}); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				for line := range strings.Lines(out.String()) {
					if n := columnsOf(strings.TrimSuffix(line, "\n")); n > width {
						t.Errorf("%d labels at %d columns: a line of %d: %s", top, width, n, line)
					}
				}
				wants := []string{"87.5 %", "6.2 %", "3.1 %"}[:len(shown)]
				if many && next != nil && top == 1 && !strings.Contains(out.String(), "left out to fit") {
					wants = append(wants, "6.2 %")
				}
				for _, want := range wants {
					if strings.Count(out.String(), want) != 3 {
						t.Errorf("%d labels at %d columns: not every image with %s:\n%s", top, width, want, out.String())
					}
				}
			}
		}
	}
}

// TestClassifiedAgainst: what speaks against a label is whole, and the label is cut before it.
func TestClassifiedAgainst(t *testing.T) {
	for _, width := range []int{60, 80, 200} {
		for _, minimum := range []float64{0, 0.9} {
			var out strings.Builder
			head := render.ClassifyHead{Net: "flower-net", Top: 1, Many: true, NameWidth: 40, Minimum: minimum, Familiar: true}
			w, err := render.NewClassifyWriter(&out, "table", head, render.Look{Width: width, Unicode: true})
			if err != nil {
				t.Fatal(err)
			}
			against := "(unfamiliar)"
			if minimum > 0 {
				against = "(unsure, unfamiliar)"
			}
			for _, label := range []string{"rose", "a yellow lady's slipper that blooms in May"} {
				seen := render.Classified{File: "a.jpg", Predictions: []labels.Prediction{{Label: label, Probability: .5}}, Unsure: minimum > 0, Unfamiliar: true}
				if err := w.Result(seen); err != nil {
					t.Fatal(err)
				}
			}
			if strings.Count(out.String(), "50.0 %") != 2 {
				t.Errorf("at %d columns a probability is cut:\n%s", width, out.String())
			}
			if strings.Count(out.String(), against) != 2 || !strings.Contains(out.String(), "rose "+against) {
				t.Errorf("at %d columns, without %s:\n%s", width, against, out.String())
			}
			for line := range strings.Lines(out.String()) {
				if n := columnsOf(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("a line of %d at %d columns: %s", n, width, line)
				}
			}
		}
	}
}

// TestProbabilityWhole: however narrow a terminal is, words give way and no probability.
func TestProbabilityWhole(t *testing.T) {
	for width := 40; width <= 80; width++ {
		var out strings.Builder
		w, err := render.NewClassifyWriter(&out, "table", render.ClassifyHead{Net: "flower-net", Top: 1, Many: true, NameWidth: 40, Minimum: .9, Familiar: true}, render.Look{Width: width})
		if err != nil {
			t.Fatal(err)
		}
		seen := render.Classified{File: strings.Repeat("a", 36) + ".jpg", Predictions: []labels.Prediction{{Label: "dandelion", Probability: 1}}, Unsure: true, Unfamiliar: true}
		if err := w.Result(seen); err != nil || !strings.HasSuffix(out.String(), " 100.0 %\n") {
			t.Errorf("at %d columns, %v:\n%s", width, err, out.String())
		}
	}
}

// TestNamesKeepTheirEnds: of a file that is too long for its column both ends stay, for pictures of one folder differ at
// their ends; a label keeps its beginning.
func TestNamesKeepTheirEnds(t *testing.T) {
	text := write(t, longNamed(t)["evaluation"], "table", render.Look{Width: 80, Unicode: true})
	for _, want := range []string{"photos…d copy 3.jpeg ", "American Staffordshi… ", "a class whose label … "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if ascii := write(t, longNamed(t)["evaluation"], "table", render.Look{Width: 80}); !strings.Contains(ascii, "photo... copy 3.jpeg ") {
		t.Errorf("%s", ascii)
	}
}
