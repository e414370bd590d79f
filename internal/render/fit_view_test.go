package render_test

import (
	"strings"
	"testing"

	"resnet/internal/evaluate"
	"resnet/internal/labels"
	"resnet/internal/render"
)

// fit is one of three classes, of which the last was never checked.
func fit() *render.Fit {
	s := evaluate.New(3)
	s.Add("a.jpg", 0, []float64{0.9, 0.06, 0.04}, []int{0, 1, 2})
	s.Add("b.jpg", 1, []float64{0.7, 0.2, 0.1}, []int{0, 1, 2})
	untempered := evaluate.New(3)
	untempered.Add("a.jpg", 0, []float64{1, 0, 0}, []int{0, 1, 2})
	probability := 0.89999
	return &render.Fit{
		Name: "net", Command: "resnet fit photos --output=net", Arch: "resnet18", Labels: &labels.List{Classes: []string{"ant", "bee", "wasp"}},
		Train: []int{4, 5, 6}, Scores: s, Notes: []string{"a note"}, Weights: "resnet18.tv_in1k", SHA256: strings.Repeat("0", 64), License: "BSD-3-Clause",
		Augment: "flip", Kernel: "avx2", C: 0.1, Folds: 4, Trials: []render.FitTrial{{C: 0.1, LogLoss: 0.5}}, Temperature: 1.2, Share: 0.95,
		MinProbability: &probability, Unsure: 1, SureRight: 1, Untempered: untempered,
	}
}

func tuned() *render.FitTuned {
	return &render.FitTuned{Layer: "layer4", Epochs: 5, Batch: 16, Rate: 1e-4, HeldOut: 244, HeadLoss: 0.1205, LogLoss: 0.11, StandardError: 0.0031, Gained: true}
}

// The proposed probability is rounded down, so that the photo that decides is answered; what was never checked has no share.
func TestFitWords(t *testing.T) {
	f := fit()
	text := write(t, f, "table", wide)
	for _, want := range []string{
		"3 classes · learned from 15 photos · accuracy 50.0 % (9.5 to 90.5) of 2 photos not seen",
		"--min-probability 0.8999: 95 % of the answers out of fold are right · of the 2 photos not seen it leaves 1 unanswered, and 1 of the others are right",
		"wasp", "–", "weights resnet18.tv_in1k (BSD-3-Clause)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "made by") {
		t.Errorf("the screen shows the card:\n%s", text)
	}
	f.Doubts, f.Near = 2, render.FitNear{Pairs: 3, Groups: 1, Leaked: 1, LeakedRight: 1}
	text = write(t, f, "table", wide)
	want := "2 labels in doubt · 1 group of photos nearly the same · 1 checked photo nearly the same as one that was learned from · without it accuracy 0.0 % (0.0 to 79.3) of 1"
	if !strings.Contains(text, want) {
		t.Errorf("no %q in\n%s", want, text)
	}
	f.Tuned = tuned()
	for gained, want := range map[bool]string{
		true:  "fine-tuned from layer4 on: 5 epochs, batches of 16, learning rate 0.0001 · log loss of 244 photos held out 0.1100, of the head alone 0.1205, standard error of the difference 0.0031",
		false: "fine-tuning from layer4 on was no clear gain, and the head alone is kept: 5 epochs, batches of 16, learning rate 0.0001 · log loss of 244 photos",
	} {
		f.Tuned.Gained = gained
		if text = write(t, f, "table", wide); !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	f.Card, f.MinProbability = true, nil
	text = write(t, f, "markdown", wide)
	for _, want := range []string{"made by: resnet fit photos", "no --min-probability makes 95 % of the answers right", "a note", "temperature 1.200, by which the logits are divided", "log loss 0.000, 0.857 with temperature scaling", "class weights none"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
