package nearest

import "testing"

func TestTo(t *testing.T) {
	keys := []string{"block", "layers", "planes", "num_classes", "preprocess"}
	depths := []string{"resnet18", "resnet34", "resnet50"}
	for word, want := range map[string]string{"resnet26": "", "resnet51": "resnet50", "resnt18": "resnet18", "resnet": "resnet18"} {
		if got := To(word, depths); got != want {
			t.Errorf("To(%q) = %q, want %q", word, got, want)
		}
	}
	for word, want := range map[string]string{
		"blok": "block", "Layers": "layers", "numclasses": "num_classes", "plane": "planes", "colour": "", "": "", "x": "",
	} {
		if got := To(word, keys); got != want {
			t.Errorf("To(%q) = %q, want %q", word, got, want)
		}
	}
}
