package nets

import (
	"testing"

	"resnet/internal/model"
)

func TestLookalikes(t *testing.T) {
	for _, test := range []struct{ net, file, want string }{
		{"resnet50", "best.pth", ", not for timm's resnetaa50 or resnetblur50, whose tensors are the same"},
		{"resnet18", "run/model.safetensors", ", not for timm's resnetblur18, whose tensors are the same"},
		{"resnet18", "resnet18-f37072fd.pth", ""},
		{"resnet18", "ResNet-18/model.safetensors", ""},
		{"resnet34", "best.pth", ""},
		{"", "best.pth", ""},
	} {
		if got := lookalikes(model.Spec{Name: test.net}, test.file); got != test.want {
			t.Errorf("%s in %s: %q, want %q", test.net, test.file, got, test.want)
		}
	}
}
