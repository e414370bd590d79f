package nets

import (
	"testing"

	"resnet/internal/bind"
	"resnet/internal/model"
	"resnet/internal/weights"
)

func TestLookalikes(t *testing.T) {
	for net, want := range map[string]string{
		"resnet50": ", not for timm's resnetaa50 or resnetblur50, whose tensors are the same",
		"resnet18": ", not for timm's resnetblur18, whose tensors are the same",
		"resnet34": "",
		"":         "",
	} {
		if got := lookalikes(model.Spec{Name: net}); got != want {
			t.Errorf("%s: %q, want %q", net, got, want)
		}
	}
	for file, want := range map[string]bool{
		"best.pth": false, "run/model.safetensors": false, "resnet18-f37072fd.pth": true, "ResNet-18/model.safetensors": true, "resnext50.pth": true,
	} {
		if got := named(file); got != want {
			t.Errorf("%s: named %v", file, got)
		}
	}
	r := &Recognition{Spec: model.Spec{Name: "resnet18"}, found: &bind.Recognized{}, source: &weights.Source{Name: "resnet18.pth"}}
	if got, want := r.Lookalikes(), "taken for resnet18, not for timm's resnetblur18, whose tensors are the same"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r.source.Arch = "resnet18"
	if got := r.Lookalikes(); got != "" {
		t.Errorf("where a folder says which network it is: %q", got)
	}
}
