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
	w.expect(0, "along the gradient of the class's", "", "classify", "a.png", "--weights", "mlp.safetensors", "--cam", "-")
}

// TestAssumedPixels: where no file says how pixels are prepared, the head of the view says what was taken for granted.
func TestAssumedPixels(t *testing.T) {
	w := newWorld(t)
	for name, from := range map[string]string{
		"dropout.safetensors": "../nets/testdata/variants/", "folded.onnx": "../checkpoint/onnx/testdata/", "normalized.onnx": "../checkpoint/onnx/testdata/",
		"cifar.keras": "../checkpoint/keras/testdata/", "transfer.keras": "../checkpoint/keras/testdata/",
	} {
		data, err := os.ReadFile(from + name)
		if err != nil {
			t.Fatal(err)
		}
		w.file(name, string(data))
	}
	w.image("a.png", 64, 64, 1)
	const imagenet = "ImageNet's mean and std, assumed)"
	w.expect(0, "sees 224×224 pixels; "+imagenet, "", "classify", "a.png", "--weights", "dropout.safetensors")
	w.expect(0, imagenet, "", "classify", "a.png", "--weights", "folded.onnx")
	w.expect(0, "pixels as in unit, assumed)", "", "classify", "a.png", "--weights", "cifar.keras")
	w.expect(0, "sees 32×32 pixels; input 0–1, the graph normalizes)", "", "classify", "a.png", "--weights", "normalized.onnx")
	w.expect(0, "sees 32×32 pixels; input 0–255, the graph normalizes)", "", "classify", "a.png", "--weights", "transfer.keras")
	w.expect(0, "a.png (input 0–255, the graph normalizes)", "", "trace", "transfer.keras", "--image", "a.png")
	w.expect(0, "input [1, 3, 224, 224] a.png ("+imagenet, "", "trace", "dropout.safetensors", "--image", "a.png")
	w.file("own.yaml", w.config("dropout.safetensors")+"weights: dropout.safetensors\n")
	for _, args := range [][]string{
		{"--weights", "dropout.safetensors", "--preprocess", "imagenet"},
		{"--weights", "dropout.safetensors", "--mean", "0,0,0", "--std", "1,1,1"},
		{"--arch", "own.yaml"},
		{"--weights", "transfer.keras", "--preprocess", "half"},
		{},
	} {
		w.expect(0, "pixels)", "", append([]string{"classify", "a.png"}, args...)...)
	}
}

// TestKerasGuesses: what weights alone do not tell is said each time, with the flag that says it otherwise, unless that is given.
func TestKerasGuesses(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"applications.weights.h5", "backbone.keras"} {
		data, err := os.ReadFile("../checkpoint/keras/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		w.file(name, string(data))
	}
	w.image("a.png", 64, 64, 1)
	const pixels, pool = "taken for granted: caffe (otherwise: --preprocess imagenet, cifar10, cifar100, half, unit)", "the file does not say how the last map is pooled; taken for granted: its average (otherwise: --pool max)"
	classify := []string{"classify", "a.png", "--weights", "applications.weights.h5"}
	for _, guess := range []string{"stride_in: 1x1", "the epsilon of batch norms and what stands behind the classifier; taken for granted: 1.001e-5 and a softmax", pixels} {
		w.expect(0, "pixels as in caffe, assumed)", guess, classify...)
	}
	features := []string{"features", "a.png", "--weights", "backbone.keras", "--format", "csv"}
	for _, guess := range []string{pixels, pool} {
		w.expect(0, "a.png,", guess, features...)
	}
	w.expect(0, "", "", append(features, "--pool", "max", "--mean", "0,0,0", "--std", "1,1,1")...)
	if said := w.err.String(); strings.Contains(said, "taken for granted") {
		t.Errorf("where flags say it: %s", said)
	}
	largest := w.out.String()
	w.expect(0, "", "", append(features, "--mean", "0,0,0", "--std", "1,1,1")...)
	if w.out.String() == largest {
		t.Error("--pool max changes nothing")
	}
	w.expect(2, "", `--pool: "mean" is none of average, max`, append(features, "--pool", "mean")...)
}

// config is the network of a checkpoint as YAML.
func (w *world) config(name string) string {
	w.expect(0, "block: ", "", "weights", "inspect", name, "--config")
	return w.out.String()
}
