package nets

import (
	"testing"

	"resnet/internal/config"
	"resnet/internal/tensor"
	"resnet/internal/weights"
)

// A heading has no room for folders, and a report names the file as it was given.
func TestTitle(t *testing.T) {
	arch, err := config.Load("resnet18")
	if err != nil {
		t.Fatal(err)
	}
	p := &Predictor{Net: &Net{Arch: arch, Source: &weights.Source{Name: "/home/me/models/fine.pth", Path: "/home/me/models/fine.pth"}}, Input: tensor.Shape{1, 3, 224, 224}}
	if got, want := p.Title(), "resnet18 (fine.pth: 1,000 classes, sees 224×224 pixels)"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	if got, want := p.Words(), "resnet18 (/home/me/models/fine.pth: 1,000 classes, sees 224×224 pixels)"; got != want {
		t.Errorf("words %q, want %q", got, want)
	}
}
