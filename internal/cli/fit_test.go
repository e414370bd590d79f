package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// photos makes two classes of pictures that are easy to tell apart.
func (w *world) photos(dir string, each int) {
	for i := range each {
		w.image(fmt.Sprintf("%s/coarse/%d.png", dir, i), 64, 64, 1+i%3)
		w.image(fmt.Sprintf("%s/fine/%d.png", dir, i), 64, 64, 40+i%3+7*(i/3))
		w.image(fmt.Sprintf("%s/coarse/wide%d.png", dir, i), 80+i, 64, 1+i%3)
	}
}

// read is what a file holds.
func (w *world) read(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

func TestFit(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 5)
	w.file("photos/coarse/notes.txt", "hello")
	w.file("photos/fine/broken.jpg", "no picture")
	w.file("photos/fine/animated.gif", "GIF89a")
	w.file("photos/nothing/readme.md", "later")
	w.expect(0, "2 classes · learned from 12 photos · accuracy 100.0 %", "photos/fine/broken.jpg: ", "fit", "photos", "-o", "net", "--weights", "resnet18_tiny")
	for _, want := range []string{
		filepath.Join("photos", "fine", "animated.gif") + ": a GIF is left out",
		filepath.Join("photos", "nothing") + ": no photo in it",
		"1 photo is left out", "2 skipped (1 .md, 1 .txt)",
	} {
		if !strings.Contains(w.err.String(), want) {
			t.Errorf("no %q on stderr:\n%s", want, w.err.String())
		}
	}
	// Every command takes the folder, and its YAML, for a network.
	for _, arch := range []string{"net", filepath.Join("net", "net.yaml")} {
		w.expect(0, "fine", "", "classify", "photos/fine/1.png", "--arch", arch)
		w.expect(1, "top-1 100.00 %", "", "eval", "photos", "--arch", arch)
	}
}

func TestFitBytes(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 4)
	read := func() map[string]string {
		t.Helper()
		files := map[string]string{}
		entries, err := os.ReadDir(filepath.Join(w.dir, "net"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(w.dir, "net", e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			files[e.Name()] = string(text)
		}
		return files
	}
	w.expect(0, `"schema":"resnet.fit/v1"`, "", "fit", "photos", "-o", "net", "--format", "json", "--threads", "1", "--seed", "3")
	w.valid("fit.v1.json")
	first := read()
	w.expect(0, "", "", "fit", "photos", "-o", "net", "--seed", "3", "--threads", "3")
	for name, text := range read() {
		if text != first[name] {
			t.Errorf("%s differs after the same fit", name)
		}
	}
	var card struct{ Command string }
	if err := json.Unmarshal([]byte(first["card.json"]), &card); err != nil || card.Command != "resnet fit photos --output=net --seed=3" {
		t.Errorf("command %q, %v", card.Command, err)
	}
	w.expect(0, "", "", "fit", "photos", "-o", "net", "--seed", "3", "--augment", "none", "--class-weights", "balanced")
	if read()["model.safetensors"] == first["model.safetensors"] {
		t.Error("--augment and --class-weights change nothing")
	}
}

// TestFitPage: the page of a fit is that of an evaluation of its network, with the photos that were kept back.
func TestFitPage(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 4)
	w.photos("val", 3)
	w.expect(0, "", "", "fit", "photos", "--valid", "val", "-o", "net", "--worst", "5")
	page := w.read("net/report.html")
	w.expect(0, "", "", "eval", "val", "--arch", "net", "--sheet", "val.html", "--worst", "5")
	evaluated := w.read("val.html")
	cards := regexp.MustCompile(`(?s)<section id="worst">.*?</section>`)
	pictures := regexp.MustCompile(`data:image/jpeg;base64,[^"]*`)
	if a, b := pictures.FindAllString(cards.FindString(page), -1), pictures.FindAllString(cards.FindString(evaluated), -1); len(a) != 10 || !slices.Equal(a, b) {
		t.Errorf("%d photos and maps, an evaluation has %d, or others", len(a), len(b))
	}
	for _, want := range []string{"5 of 9 images, those with the largest losses first; the other 4 are left out", "Confusion matrix", "made by: resnet fit photos", "The small network that is built in overlooks some"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	w.expect(2, "", "--worst 0: want 1 to 10,000", "fit", "photos", "-o", "net", "--worst", "0")
}

// Sets in train/ and val/, and lists.
func TestFitSets(t *testing.T) {
	w := newWorld(t)
	w.photos("data/train", 3)
	w.photos("data/val", 2)
	w.photos("data/test", 1)
	w.expect(0, "learned from 9 photos · accuracy", "data holds both sets: train to learn from, val to check", "fit", "data", "-o", "net")
	if !strings.Contains(w.err.String(), "are the same photo, and one is learned from, one checked") {
		t.Errorf("nothing of the photos that are in both sets:\n%s", w.err.String())
	}
	w.expect(0, "learned from 9 photos", "", "fit", "data/train", "--valid", "data/val", "-o", "net")

	// What --valid says counts, whatever else there is.
	w.photos("more/train", 1)
	w.photos("more/val", 1)
	w.photos("tested/train", 4)
	w.photos("tested/test", 1)
	alone := "train to learn from; val is left alone, as other photos are to check"
	for _, test := range []struct{ out, err, dir, valid string }{
		{"learned from 9 photos · accuracy 100.0 % (61.0 to 100.0) of 6 photos", "", "data", "data/val/"},
		{"learned from 6 photos · accuracy 100.0 % (43.9 to 100.0) of 3 photos", alone, "data", "30"},
		{"of 3 photos not seen", alone, "data", "more/val"},
		{"of 3 photos not seen", "more holds both sets: val to check", "data/train", "more"},
		{"learned from 9 photos", "tested holds train to learn from, and a test, which is left alone", "tested", "20"},
	} {
		w.expect(0, test.out, test.err, "fit", test.dir, "--valid", test.valid, "-o", "net")
		if test.err == "" && strings.Contains(w.err.String(), "alone") {
			t.Errorf("--valid %s: %s", test.valid, w.err.String())
		}
	}
	w.expect(2, "", "data holds photos to train on and others: evaluate "+filepath.FromSlash("data/val"), "eval", "data", "--arch", "net")
	w.file("list.csv", "file,class\ndata/train/coarse/0.png,a\ndata/train/coarse/1.png,a\ndata/train/coarse/2.png,a\n"+
		"data/train/fine/0.png,b\ndata/train/fine/1.png,b\ndata/train/coarse/0.png,b\n")
	w.expect(2, "", "data/train/coarse/0.png is b here and a on line 2", "fit", "--list", "list.csv", "-o", "net2")
	w.file("list.csv", "file,class\ndata/train/coarse/0.png,a\ndata/train/coarse/1.png,a\ndata/train/coarse/2.png,a\n"+
		"data/train/fine/0.png,b\ndata/train/fine/1.png,b\ndata/val/coarse/0.png,b\n")
	w.expect(0, "2 classes", filepath.FromSlash("data/train/coarse/0.png")+" and "+filepath.FromSlash("data/val/coarse/0.png")+" are the same photo, and have different classes",
		"fit", "--list", "list.csv", "-o", "net2", "--valid", "34")
}

func TestFitErrors(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 3)
	w.image("one/a/1.png", 64, 64, 1)
	w.image("one/a/2.png", 64, 64, 2)
	w.image("lone/a/1.png", 64, 64, 1)
	w.image("lone/a/2.png", 64, 64, 2)
	w.image("lone/b/3.png", 64, 64, 3)
	w.image("other/coarse/1.png", 64, 64, 1)
	w.image("other/odd/1.png", 64, 64, 1)
	w.image("flat/1.png", 64, 64, 1)
	w.file("mine/notes.txt", "not to be lost")
	w.expect(0, "", "", "fit", "photos", "-o", "again")
	w.expect(0, "", "", "fit", "photos", "-o", "again")
	w.file("again/notes.txt", "not to be lost")
	if err := os.Symlink("photos", filepath.Join(w.dir, "link")); err == nil { // where there are links
		w.expect(2, "", "the photos of photos are there", "fit", "photos", "-o", "link/net")
	}
	for _, test := range []struct {
		want string
		args []string
	}{
		{"fit needs one DIR, or --list FILE", []string{"-o", "net"}},
		{"fit needs -o FOLDER", []string{"photos"}},
		{"the photos of photos are there; give a folder outside of them", []string{"photos", "-o", "photos"}},
		{"the photos of photos are there; give a folder outside of them", []string{"photos", "-o", "photos/net"}},
		{"the photos of other are there", []string{"photos", "--valid", "other", "-o", "other"}},
		{"there is a folder that fit did not write", []string{"photos", "-o", "mine"}},
		{"missing/net: ", []string{"nowhere", "-o", "missing/net"}}, // before the photos are read
		{"notes.txt in it is not of fit, and would be lost", []string{"photos", "-o", "again"}},
		{"--valid 0: want a percentage between 0 and 100, or a folder", []string{"photos", "-o", "net", "--valid", "0"}},
		{"--valid 100%: want a percentage", []string{"photos", "-o", "net", "--valid", "100%"}},
		{"nowhere: no such file", []string{"photos", "-o", "net", "--valid", "nowhere"}},
		{"nowhere: no such file", []string{"nowhere", "-o", "net"}},
		{"all photos are of one class, a: nothing can be told apart; give photos of another one, too", []string{"one", "-o", "net"}},
		{"--fine-tune layer3,layer4: want one layer, from which on all are trained, such as layer3", []string{"photos", "-o", "net", "--fine-tune", "layer3,layer4"}},
		{"class b has 1 photos to learn from (" + filepath.Join("lone", "b", "3.png") + "): want 2 or more", []string{"lone", "-o", "net"}},
		{"class odd (" + filepath.Join("other", "odd", "1.png") + ") is in this set alone", []string{"photos", "--valid", "other", "-o", "net"}},
		{"the photos of flat lie in no folder, and folders are the classes; make a folder for each class", []string{"flat", "-o", "net"}},
		{"the photos of flat lie in no folder", []string{"photos", "--valid", "flat", "-o", "net"}},
		{"no photo found in mine; make a folder for each class", []string{"mine", "-o", "net"}},
		{"--seed -1: want a whole number, 0 or more", []string{"photos", "-o", "net", "--seed", "-1"}},
		{"--seed 99999999999999999999: out of range", []string{"photos", "-o", "net", "--seed", "99999999999999999999"}},
		{"--threads many: want a whole number", []string{"photos", "-o", "net", "--threads", "many"}},
		{"--timeout 5: want a time with its unit, such as 90s", []string{"photos", "-o", "net", "--timeout", "5"}},
	} {
		w.expect(2, "", test.want, append([]string{"fit"}, test.args...)...)
		if _, err := os.Stat(filepath.Join(w.dir, "net")); err == nil {
			t.Fatalf("%v: a folder is there", test.args)
		}
	}
}

// The temperature of the card is in the network: what eval shows of it is what the card says with it, and not without.
func TestFitTemperature(t *testing.T) {
	w := newWorld(t)
	for _, set := range []string{"data/train", "data/val"} {
		w.photos(set, 4)
		for i := range 3 { // of the wrong class
			w.image(fmt.Sprintf("%s/fine/wrong%d.png", set, i), 70+i, 64, 1+i)
		}
	}
	w.expect(0, `"schema":"resnet.fit/v1"`, "", "fit", "data", "-o", "net", "--format", "json")
	w.valid("fit.v1.json")
	var card struct {
		Temperature float64
		Without     float64  `json:"calibration_error"`
		With        float64  `json:"tempered_calibration_error"`
		Minimum     *float64 `json:"min_probability"`
		Unsure      int
		SureRight   int `json:"sure_right"`
	}
	if err := json.Unmarshal(w.out.Bytes(), &card); err != nil {
		t.Fatal(err)
	}
	w.expect(0, "", "", "eval", "data/val", "--arch", "net", "--format", "json")
	var seen struct {
		Error float64 `json:"calibration_error"`
	}
	if err := json.Unmarshal(w.out.Bytes(), &seen); err != nil || card.Temperature == 1 || card.With == card.Without || math.Abs(seen.Error-card.With) > 1e-4 {
		t.Errorf("card %+v, eval %+v, %v", card, seen, err)
	}
	if card.Minimum == nil {
		t.Fatal("no --min-probability")
	}
	w.expect(0, "", "", "classify", "-r", "data/val", "--arch", "net", "--format", "csv", "--min-probability", fmt.Sprint(*card.Minimum))
	unsure, right := 0, 0
	for line := range strings.Lines(w.out.String()) {
		isFine := strings.Contains(line, filepath.Join("val", "fine"))
		switch {
		case strings.Contains(line, ",unsure,") && strings.Contains(line, "data"):
			unsure++
		case strings.Contains(line, "data") && isFine == strings.Contains(line, ",fine,"):
			right++
		}
	}
	if unsure != card.Unsure || right != card.SureRight || unsure == 0 {
		t.Errorf("%d unsure, %d of the others right, the card says %+v", unsure, right, card)
	}
}

// A photo that is like nothing that was learned from is called so; those that the network was checked on are not.
func TestFitUnfamiliar(t *testing.T) {
	w := newWorld(t)
	w.photos("data/train", 5)
	w.photos("data/val", 4)
	for i := range 8 {
		w.image(fmt.Sprintf("data/val/fine/wide%d.png", i), 90+i, 70, 40+i)
	}
	w.expect(0, "", "", "fit", "data", "-o", "net")
	for _, threads := range []string{"1", "2"} {
		w.expect(0, ",unfamiliar\n", "", "classify", "-r", "data/val", "--arch", "net", "--format", "csv", "--threads", threads)
		if n := strings.Count(w.out.String(), "unfamiliar"); n != 1 { // in the head
			t.Errorf("%d photos that were checked are unfamiliar:\n%s", n-1, w.out.String())
		}
	}
	odd := image.NewGray(image.Rect(0, 0, 64, 64)) // black
	var b bytes.Buffer
	if err := png.Encode(&b, odd); err != nil {
		t.Fatal(err)
	}
	w.file("odd.png", b.String())
	w.expect(0, "unfamiliar: 0.", "", "classify", "odd.png", "--arch", "net/net.yaml")
	w.expect(0, "(unfamiliar)", "", "classify", "odd.png", "data/val/fine/0.png", "--arch", "net")
	w.expect(0, "(unsure, unfamiliar)", "", "classify", "odd.png", "odd.png", "--arch", "net", "--min-probability", "1")
	w.expect(0, `"unfamiliar":true`, "", "classify", "odd.png", "data/val/fine/0.png", "--arch", "net", "--format", "json")
	w.valid("classify.v1.json")
	if n := strings.Count(w.out.String(), `"distance":`); n != 2 {
		t.Errorf("%d distances of 2 images:\n%s", n, w.out.String())
	}
	w.expect(0, `"distance":`, "", "classify", "-r", "data/val", "odd.png", "--arch", "net", "--format", "ndjson")
	lines := w.out.String()
	for _, format := range []string{"ndjson", "parquet"} {
		w.expect(0, "", "", "batch", "classify", "data/val", "odd.png", "-o", format, "--arch", "net", "--format", format)
		w.expect(0, "all digests are right", "", "batch", "verify", format)
	}
	if got := w.read("ndjson/out/part-00000-of-00001.ndjson"); got != lines {
		t.Errorf("a job's rows:\n%s\nof classify:\n%s", got, lines)
	}
	w.out.Reset()
	w.out.WriteString(w.read("ndjson/plan.json"))
	w.valid("batch-plan.v1.json")
	w.expect(0, "", "", "similar", "data/train/fine/0.png", "--in", "net/photos.safetensors", "--arch", "net")

	// Nothing is said where photos are prepared another way, or the weights are others.
	w.expect(0, "", "", "classify", "odd.png", "--arch", "net", "--format", "json", "--resize", "65")
	without := w.out.String()
	w.expect(0, "", "", "weights", "convert", "resnet18_tiny", "net/model.safetensors", "--seed", "1")
	w.expect(0, "", "", "classify", "odd.png", "--weights", "net", "--format", "json")
	if strings.Contains(without+w.out.String(), "distance") {
		t.Errorf("compared:\n%s\n%s", without, w.out.String())
	}
	w.file("net/photos.safetensors", "damaged")
	w.expect(0, "", "images are not compared with those that the network has learned from: photos.safetensors: ", "classify", "odd.png", "--weights", "net")
}

// A head alone is a network for every command, once the weights that it stands on are where they are looked for.
func TestFitHeadOnly(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 4)
	w.expect(0, "", "", "fit", "photos", "-o", "whole")
	w.expect(0, "", "", "fit", "photos", "-o", "net", "--head-only")
	if info, err := os.Stat(filepath.Join(w.dir, "net", "model.safetensors")); err != nil || info.Size() > 10_000 {
		t.Fatalf("%v, %v: not a head alone", info.Size(), err)
	}
	show := func(arch ...string) string {
		t.Helper()
		w.expect(0, ",fine,", "", append([]string{"classify", "-r", "photos", "-f", "csv"}, arch...)...)
		return w.out.String()
	}
	whole := show("--arch", "whole")
	for _, arch := range [][]string{{"--arch", "net"}, {"--weights", "net"}, {"--arch", filepath.Join("net", "net.yaml")}} {
		if got := show(arch...); got != whole {
			t.Errorf("%v:\n%s\nthe whole network:\n%s", arch, got, whole)
		}
	}
	w.expect(0, "fc", "", "trace", "--arch", "net")
	w.expect(0, "top-1", "", "eval", "photos", "--arch", "net")
	w.expect(0, "", "", "features", "photos/fine", "-o", "f.safetensors", "--arch", "net")
	w.expect(0, "", "", "similar", "photos/fine/0.png", "--in", "f.safetensors", "--arch", "whole")
	w.expect(0, "", "", "classify", "photos/fine/0.png", "--arch", "net", "--cam", "cam.png")
	w.expect(0, "", "", "weights", "convert", "net", "net.onnx")
	w.expect(0, "a head alone, for resnet18_tiny, with which it is resnet18_tiny, 2 classes", "", "weights", "inspect", "net")
	w.expect(0, "num_classes: 2", "", "weights", "inspect", "net", "--config")
	w.expect(0, "", "", "weights", "convert", "net", "joined.safetensors")
	joined := strings.NewReplacer(",unfamiliar", "", ",,\n", ",\n").Replace(whole) // it has no photos to compare with
	if got := show("--weights", "joined.safetensors"); got != joined {
		t.Errorf("a joined one:\n%s\nthe whole network:\n%s", got, joined)
	}
	w.expect(2, "", "--part: ", "weights", "convert", "net", "joined.safetensors", "--part", "fc")
	w.expect(0, "", "", "weights", "quantize", "net", "net.int8.safetensors", "--calibrate", "photos")
	w.expect(0, "top-1", "", "eval", "photos", "--arch", "net.int8.safetensors")
	w.expect(2, "", "net is a head for resnet18_tiny, and the network is resnet18", "classify", "photos/fine/0.png", "--arch", "resnet18", "--weights", "net")

	// A base that is a file is found by its content once it is in the store.
	w.expect(0, "", "", "weights", "convert", "resnet18_tiny", "my-base.safetensors", "--dtype", "float32")
	w.expect(0, "", "", "fit", "photos", "-o", "whole", "--weights", "my-base.safetensors")
	whole = show("--arch", "whole")
	w.expect(0, "", "the network is opened where its base is in the store: resnet weights add my-base.safetensors", "fit", "photos", "-o", "net", "--head-only", "--weights", "my-base.safetensors")
	w.expect(2, "", "net is a head for my-base.safetensors alone, whose file with the sha256 ", "classify", "photos/fine/0.png", "--arch", "net")
	w.expect(0, "net is a head for my-base.safetensors alone", "", "weights", "inspect", "net")
	w.expect(2, "", "net is a head for my-base.safetensors alone", "weights", "convert", "net", "joined.safetensors")
	w.expect(0, "", "", "weights", "add", "my-base.safetensors")
	if err := os.Remove(filepath.Join(w.dir, "my-base.safetensors")); err != nil {
		t.Fatal(err)
	}
	if got := show("--arch", "net"); got != whole {
		t.Errorf("by a base of the store:\n%s\nthe whole network:\n%s", got, whole)
	}
}

// TestFitHidden: every command takes a network with a hidden layer before its classes, as a whole and as a head alone.
func TestFitHidden(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 4)
	w.expect(0, "accuracy 100.0 %", "", "fit", "photos", "-o", "net", "--head", "24")
	for name, want := range map[string]string{
		"net/card.md": "head: a hidden layer of 24 units with a ReLU, and a fully connected one", "net/card.json": `"head":[24]`, "net/net.yaml": "head: [24]",
		"net/report.html": "the gradient of the class&#39;s logit at the pooled features",
	} {
		if !strings.Contains(w.read(name), want) {
			t.Errorf("%s: no %q", name, want)
		}
	}
	first := w.read("net/model.safetensors")
	w.expect(0, "", "", "fit", "photos", "-o", "net", "--head", "24", "--threads", "1")
	if w.read("net/model.safetensors") != first {
		t.Error("one thread gives other bytes")
	}
	show := func(arch string) string {
		t.Helper()
		w.expect(0, ",fine,", "", "classify", "-r", "photos", "-f", "csv", "--arch", arch)
		return w.out.String()
	}
	whole := show("net")
	w.expect(0, "", "", "fit", "photos", "-o", "head", "--head", "24", "--head-only")
	for _, arch := range []string{"head", filepath.Join("net", "net.yaml"), filepath.Join("head", "head.yaml")} {
		if got := show(arch); got != whole {
			t.Errorf("%s:\n%s\nthe whole network:\n%s", arch, got, whole)
		}
	}
	for _, arch := range []string{"net", "head"} {
		w.expect(0, "fc.2", "", "trace", "--arch", arch)
		w.expect(0, "along the gradient of the class's", "", "classify", "photos/fine/0.png", "--arch", arch, "--cam", "-")
		w.expect(0, "top-1", "", "eval", "photos", "--arch", arch)
		w.expect(0, "", "", "features", "photos/fine", "-o", "f.safetensors", "--arch", arch)
		w.expect(0, "", "", "similar", "photos/fine/0.png", "--in", "f.safetensors", "--arch", arch)
		w.expect(0, "", "", "weights", "convert", arch, "net.onnx")
		w.expect(0, "fine", "", "classify", "photos/fine/0.png", "--arch", "net.onnx", "--cam", "cam.png")
		w.expect(0, "", "", "weights", "quantize", arch, "net.int8.safetensors", "--calibrate", "photos")
		w.expect(0, "top-1", "", "eval", "photos", "--arch", "net.int8.safetensors")
		w.expect(0, "", "", "report", arch, "--image", "photos/fine/0.png", "-o", "report.html")
	}
	for _, n := range []string{"0", "-1", "5000"} {
		w.expect(2, "", "--head "+n+": want 1 to 4,096 units", "fit", "photos", "-o", "net", "--head", n)
	}
}
