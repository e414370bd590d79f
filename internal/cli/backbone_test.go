package cli

import (
	"os"
	"strings"
	"testing"
)

// TestBackbone: a checkpoint without a classifier is traced, compared and put out; what needs classes says what is missing.
func TestBackbone(t *testing.T) {
	w := newWorld(t)
	const from = "../nets/testdata/variants/"
	for _, name := range []string{"identity.safetensors", "dropout.safetensors", "mlp.safetensors"} {
		data, err := os.ReadFile(from + name)
		if err != nil {
			t.Fatal(err)
		}
		w.file(name, string(data))
	}
	w.image("a.png", 64, 64, 1)
	const missing = "identity.safetensors has no classifier: it puts out 8 features and knows no classes; resnet features writes these for each image"
	w.expect(2, "", missing, "classify", "a.png", "--weights", "identity.safetensors")
	w.expect(2, "", missing, "eval", ".", "--weights", "identity.safetensors")
	w.expect(2, "", "identity.safetensors has no classifier", "trace", "identity.safetensors", "--image", "a.png", "--ablate", "all")
	w.expect(0, "a.png,", "", "features", "a.png", "--weights", "identity.safetensors", "--format", "csv")
	w.expect(0, "9 weighted layers = 1 + 2·4 (", "", "summary", "identity.safetensors")
	w.expect(0, "avgpool", "", "trace", "identity.safetensors", "--image", "a.png")
	if strings.Contains(w.out.String(), "the network's answer") {
		t.Errorf("an answer without classes:\n%s", w.out.String())
	}
	w.expect(0, "a.png: no classifier", "", "diff", "identity.safetensors", "dropout.safetensors", "--image", "a.png")
	w.expect(0, "no classifier, torchvision names", "", "weights", "inspect", "identity.safetensors")
	w.expect(0, "classifier: none", "", "weights", "inspect", "identity.safetensors", "--config")
	w.expect(0, "", "taken for granted: head: [6] with ReLU", "trace", "mlp.safetensors", "--shapes")
	w.expect(2, "", "several fully connected layers lie between the network's last map and its classes", "classify", "a.png", "--weights", "mlp.safetensors", "--cam", "cam.png")
}
