package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/checkpoint"
)

// tunedCard is what a card says of further training.
type tunedCard struct {
	Temperature float64
	Without     float64 `json:"calibration_error"`
	With        float64 `json:"tempered_calibration_error"`
	Tuned       *struct {
		Layer   string
		Epochs  int
		Batch   int
		Rate    float64 `json:"lr"`
		HeldOut int     `json:"held_out"`
		Head    float64 `json:"head_log_loss"`
		LogLoss float64 `json:"log_loss"`
		Error   float64 `json:"standard_error"`
		Gained  bool
	} `json:"fine_tune"`
}

func (w *world) tunedCard(name string) tunedCard {
	w.t.Helper()
	var card tunedCard
	if err := json.Unmarshal([]byte(w.read(name)), &card); err != nil {
		w.t.Fatal(err)
	}
	return card
}

func (w *world) tensors(name string) map[string][]float32 {
	w.t.Helper()
	file, err := checkpoint.Open(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	defer file.Close()
	tensors := map[string][]float32{}
	for _, name := range file.Names() {
		info, _ := file.Info(name)
		tensors[name] = make([]float32, info.Shape.Elements())
		if err := file.Read(name, tensors[name]); err != nil {
			w.t.Fatal(err)
		}
	}
	return tensors
}

// A network that gained by being trained further is one for every command, and stands for itself; its first layers are those it had.
func TestFitFineTune(t *testing.T) {
	w := newWorld(t)
	for i := range 6 { // classes that a head alone tells apart less well
		for k, set := range []string{"train", "val"} {
			w.image(fmt.Sprintf("data/%s/coarse/%d.png", set, i), 64, 64, 13+3*i+k)
			w.image(fmt.Sprintf("data/%s/fine/%d.png", set, i), 64, 64, 29+3*i+k)
		}
	}
	args := []string{"fit", "data", "-o", "net", "--fine-tune", "layer3", "--epochs", "3", "--lr", "0.01"}
	w.expect(0, "fine-tuned from layer3 on: 3 epochs, batches of 9, learning rate 0.01 · log loss of 12 photos held out 0.", "", args...)
	card := w.tunedCard("net/card.json")
	if u := card.Tuned; u == nil || u.Layer != "layer3" || u.Epochs != 3 || u.Batch != 9 || u.Rate != 0.01 || u.HeldOut != 12 || !(u.Head-u.LogLoss > u.Error) || !u.Gained {
		t.Errorf("%+v", card.Tuned)
	}
	for _, file := range []string{"net/card.md", "net/report.html"} {
		for _, want := range []string{"fine-tuned from layer3 on", "41bc6597155d10ed19eda49b0bea18f3e3294666b63309eb568645227b38f66a"} {
			if !strings.Contains(w.read(file), want) {
				t.Errorf("no %q in %s", want, file)
			}
		}
	}
	first := w.read("net/model.safetensors")
	w.expect(0, "", "", append(args, "--threads", "1")...)
	if w.read("net/model.safetensors") != first {
		t.Error("one thread gives another network")
	}

	w.expect(0, "", "", "weights", "convert", "resnet18_tiny", "base.safetensors", "--dtype", "float32")
	own, base := w.tensors("net/model.safetensors"), w.tensors("base.safetensors")
	for name, values := range own {
		conv := strings.HasSuffix(name, "conv1.weight") || strings.HasSuffix(name, "conv2.weight") || strings.HasSuffix(name, "downsample.0.weight")
		if moved := !slices.Equal(values, base[name]); moved != (name >= "layer3" && conv || strings.HasPrefix(name, "fc")) {
			t.Errorf("%s moved: %v", name, moved)
		}
	}
	w.expect(0, `"distance":`, "", "classify", "data/val/fine/0.png", "--arch", "net", "--format", "json")
	if strings.Contains(w.out.String(), `"unfamiliar":true`) {
		t.Errorf("a photo that was checked is unfamiliar: %s", w.out.String())
	}
	w.expect(0, "", "", "eval", "data/val", "--arch", "net", "--format", "json")
	var seen struct {
		Error float64 `json:"calibration_error"`
	}
	if err := json.Unmarshal(w.out.Bytes(), &seen); err != nil || card.Temperature == 1 || card.With == card.Without || math.Abs(seen.Error-card.With) > 1e-4 {
		t.Errorf("eval finds %+v, the card says %+v (%v)", seen, card, err)
	}
	w.expect(0, "fc", "", "trace", "--arch", "net")
	w.expect(0, "", "", "weights", "convert", "net", "net.onnx")
	w.expect(0, "", "", "weights", "quantize", "net", "net.int8.safetensors", "--calibrate", "data/train")
	w.expect(0, "top-1 ", "", "eval", "data/val", "--arch", "net.int8.safetensors")

	// Features of the network are its own: those of the weights that it came from are others.
	w.expect(0, "", "", "features", "-r", "data/train", "-o", "f.safetensors", "--arch", "net")
	w.expect(0, "data/train", "", "similar", "data/val/fine/0.png", "--in", "net/photos.safetensors", "--arch", "net")
	w.expect(0, "data/train", "", "similar", "data/val/fine/0.png", "--in", "f.safetensors", "--arch", "net.onnx")
	w.expect(2, "", "made of weights with the sha256", "similar", "data/val/fine/0.png", "--in", "f.safetensors", "--weights", "resnet18_tiny")
}

// Where nothing is gained, the network is the one of the head alone, and the card says so.
func TestFitFineTuneWithoutGain(t *testing.T) {
	w := newWorld(t)
	for i := range 12 { // classes that nothing tells
		w.image(fmt.Sprintf("photos/%c/%d.png", 'a'+rune(i%2), i), 64, 64, 3+i)
	}
	w.expect(0, "", "", "fit", "photos", "-o", "head")
	w.expect(0, "fine-tuning from layer3 on was no clear gain, and the head alone is kept: 2 epochs, batches of ", "", "fit", "photos", "-o", "net", "--fine-tune", "layer3", "--epochs", "2", "--lr", "0.1")
	if w.read("net/model.safetensors") != w.read("head/model.safetensors") || w.read("net/photos.safetensors") != w.read("head/photos.safetensors") {
		t.Error("the network is not the one of the head alone")
	}
	if card := w.tunedCard("net/card.json"); card.Tuned.Gained || card.Tuned.HeldOut != 10 {
		t.Errorf("%+v", card.Tuned)
	}
	if card := w.tunedCard("head/card.json"); card.Tuned != nil {
		t.Errorf("%+v", card.Tuned)
	}
}

func TestFitFineTuneUsage(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 2)
	for _, test := range []struct{ want, flags string }{
		{"--epochs: the head is learned without; it is of --fine-tune LAYER", "--epochs 3"},
		{"--lr: the head is learned without; it is of --fine-tune LAYER", "--lr 0.1"},
		{"--head-only: with --fine-tune more than a head is learned", "--fine-tune layer4 --head-only"},
		{"--fine-tune: want a layer", "--fine-tune= --epochs 2"},
		{"--class-weights: photos count alike in --fine-tune", "--fine-tune layer4 --class-weights balanced"},
		{"--epochs 0: want 1 to 1000", "--fine-tune layer4 --epochs 0"},
		{"--epochs 1001: want 1 to 1000", "--fine-tune layer4 --epochs 1001"},
		{"--lr 0: want a number, more than 0 and at most 1", "--fine-tune layer4 --lr 0"},
		{"--fine-tune: pattern \"layer5\" matches no module; near are layer4", "--fine-tune layer5"},
		{"--fine-tune layer4.0.conv2: a shortcut goes around layer4.0.conv2", "--fine-tune layer4.0.conv2"},
		{"--fine-tune fc: that is the head alone, which is learned anyway; name one of layer1, layer2, layer3, layer4", "--fine-tune fc"},
	} {
		w.expect(2, "", test.want, append([]string{"fit", "photos", "-o", "net"}, strings.Fields(test.flags)...)...)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "net")); err == nil {
		t.Error("a folder is there")
	}
}

// A fit that is interrupted while the network is trained further says so, and leaves nothing.
func TestFitFineTuneInterrupted(t *testing.T) {
	w := newWorld(t)
	w.photos("data/train", 2)
	w.photos("data/val", 2)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	bar := canceller{cancel: cancel, at: "/12000)"} // 1,000 epochs of 3, 3 and 6 photos, in batches of 3
	var errOut bytes.Buffer
	f := &factory{In: strings.NewReader(""), Out: &w.out, Err: &errOut, errTerminal: true, progress: struct{ io.Writer }{&bar}, dir: w.dir, getenv: w.getenv}
	code := run(ctx, f, strings.Fields("fit data -o net --fine-tune layer4 --epochs 1000"))
	if want := "\rinterrupted in --fine-tune: net was not written; features are kept, and the next fit goes on there\n"; code != exitInterrupted || !strings.HasSuffix(bar.String(), want) {
		t.Errorf("exit code %d, %q, want %q; stderr %q", code, bar.String()[max(0, bar.Len()-200):], want, errOut.String())
	}
	if _, err := os.Stat(filepath.Join(w.dir, "net")); err == nil {
		t.Error("a folder is there")
	}
}
