package cli

import (
	"os"
	"strings"
	"testing"
)

// TestGray: a network of one channel sees a photo as gray, with one number for mean and std; of other numbers of channels the
// reason is said.
func TestGray(t *testing.T) {
	w := newWorld(t)
	data, err := os.ReadFile("../nets/testdata/variants/gray.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	w.file("gray.safetensors", string(data))
	w.image("a.png", 300, 280, 1)
	w.expect(0, "class ", "", "classify", "a.png", "--weights", "gray.safetensors")
	w.expect(0, `"gray": true`, "", "classify", "a.png", "--weights", "gray.safetensors", "--format", "json")
	own := w.out.String()
	w.expect(0, own, "", "classify", "a.png", "--weights", "gray.safetensors", "--format", "json", "--mean", "0.449", "--std", "0.226", "--preprocess", "imagenet")
	w.expect(2, "", "--mean: 3 numbers, want 1: the network sees gray", "classify", "a.png", "--weights", "gray.safetensors", "--mean", "0,0,0")
	w.expect(0, "input [1, 1, 224, 224] a.png", "", "trace", "gray.safetensors", "--image", "a.png")
	w.expect(0, "", "", "preprocess", "a.png", "--weights", "gray.safetensors", "-o", "seen")
	if shape, _ := w.array("seen/a.png.npy"); shape != "(1, 1, 224, 224)" {
		t.Errorf("an array of %s", shape)
	}
	w.file("gray.yaml", "extends: 20\ninput: [1, 32, 32]\npreprocess: {mean: [0.1307], std: [0.3081]}\n")
	w.expect(0, "mean: [0.1307]", "", "models", "show", "gray.yaml")
	w.file("again.yaml", w.out.String())
	w.expect(0, "No difference", "", "diff", "gray.yaml", "again.yaml")
	w.expect(0, "input [1, 1, 32, 32] a.png", "", "trace", "gray.yaml", "--image", "a.png")
	w.file("three.yaml", "extends: 20\ninput: [1, 32, 32]\npreprocess: {mean: [0, 0, 0]}\n")
	w.expect(1, "", "preprocess.mean: 3 numbers, want 1: the network sees gray", "models", "check", "three.yaml")
	for _, channels := range []string{"2", "4"} {
		w.file("many.yaml", strings.Replace("extends: 20\ninput: [N, 32, 32]\n", "N", channels, 1))
		w.expect(2, "", "many sees "+channels+" channels: a photo has three colours", "trace", "many.yaml", "--image", "a.png")
		w.expect(0, "", "", "trace", "many.yaml")
	}
}
