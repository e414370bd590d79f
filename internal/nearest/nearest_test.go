package nearest

import "testing"

func TestTo(t *testing.T) {
	keys := []string{"block", "layers", "planes", "num_classes", "preprocess"}
	for word, want := range map[string]string{
		"blok": "block", "Layers": "layers", "numclasses": "num_classes", "plane": "planes", "colour": "", "": "", "x": "",
	} {
		if got := To(word, keys); got != want {
			t.Errorf("To(%q) = %q, want %q", word, got, want)
		}
	}
}
