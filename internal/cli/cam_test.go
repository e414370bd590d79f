package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"resnet/internal/nets"
)

// films runs images through a network and hands what was made of each to see.
func films(t *testing.T, flags camFlags, choice trainedFlags, top int, images []string, see func(*cameraman, *filmed)) {
	t.Helper()
	f := newFactory(strings.NewReader(""), new(bytes.Buffer), new(bytes.Buffer))
	f.getenv = func(string) string { return "" }
	net, err := choice.predictor(t.Context(), f, &preprocessFlags{}, engineFlags{threads: 2}, true)
	if err != nil {
		t.Fatal(err)
	}
	defer net.Net.Close()
	defer net.Close()
	read := imageFlags{decodingFlags: decodingFlags{exif: "ignore", maxPixels: 1 << 28, maxMemory: 512}}
	if err := read.check(); err != nil {
		t.Fatal(err)
	}
	run := newImageRun(f, &read, images, "")
	camera, err := newCameraman(flags, run, net, top)
	if err != nil {
		t.Fatal(err)
	}
	compute := func(ctx context.Context, im *nets.Image) (*filmed, error) {
		seen, err := net.Image(ctx, im, run.decoding, camera.Watch())
		if err != nil {
			return nil, err
		}
		return camera.film(ctx, im, seen)
	}
	take := func(job *nets.Done[*filmed]) error {
		see(camera, job.Value)
		return nil
	}
	if err := each(t.Context(), run, net.Sessions(), compute, take, nil); err != nil || len(run.failed) > 0 {
		t.Fatal(err, run.failed)
	}
}

// identity holds that the mean of a map and the bias are the logit.
func identity(t *testing.T) func(*cameraman, *filmed) {
	return func(c *cameraman, seen *filmed) {
		for i, m := range seen.maps {
			class := seen.top[i].Index
			sum, logit := m.Mean()+c.Head.Bias(class), float64(seen.Logits.Data[class])
			if m.class != class || math.Abs(sum-logit) > 1e-4 {
				t.Errorf("%s, class %d: the mean and the bias are %v, the logit is %v", seen.Name, class, sum, logit)
			}
		}
	}
}

func TestMapsAreExact(t *testing.T) {
	w := newWorld(t)
	var images []string
	for i := range 3 {
		name := "w" + strconv.Itoa(i) + ".png"
		w.image(name, 80+20*i, 70, i)
		images = append(images, filepath.Join(w.dir, name))
	}
	films(t, camFlags{}, trainedFlags{}, 0, images, identity(t))
}

// testdataPhotos are the photos and the weights that are too large for the repository.
func testdataPhotos(t *testing.T) (photos []string, choice trainedFlags) {
	data := os.Getenv("RESNET_TESTDATA")
	if data == "" {
		t.Skip("RESNET_TESTDATA is not set: no photos and no ImageNet weights")
	}
	photos, err := filepath.Glob(filepath.Join(data, "photos", "*.JPEG"))
	if err != nil || len(photos) == 0 {
		t.Fatalf("no photos in %s: %v", data, err)
	}
	choice.arch = "resnet18"
	choice.weights.name = filepath.Join(data, "weights", "resnet18-imagenet-fp16.safetensors")
	return photos, choice
}

func TestPhotoMapsAreExact(t *testing.T) {
	photos, choice := testdataPhotos(t)
	seen := 0
	check := identity(t)
	films(t, camFlags{}, choice, 10, photos, func(c *cameraman, m *filmed) {
		seen++
		check(c, m)
	})
	if seen < 100 {
		t.Errorf("only %d photos", seen)
	}
}

// TestMapsPyTorch compares maps with PyTorch's; testdata/cam_reference.py wrote them.
func TestMapsPyTorch(t *testing.T) {
	photos, choice := testdataPhotos(t)
	text, err := os.ReadFile("testdata/cam_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	type reference struct {
		Class       int
		CAM, Layer3 []float64
	}
	var want map[string]reference
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(photos[0])
	photos = nil
	for name := range want {
		photos = append(photos, filepath.Join(dir, name))
	}
	films(t, camFlags{}, choice, 1, photos, func(_ *cameraman, seen *filmed) {
		r, m := want[filepath.Base(seen.Name)], seen.maps[0]
		if m.class != r.Class || len(m.Values) != len(r.CAM) {
			t.Fatalf("%s: class %d with %d places, want %d with %d", seen.Name, m.class, len(m.Values), r.Class, len(r.CAM))
		}
		for i, v := range m.Values {
			if math.Abs(float64(v)-r.CAM[i]) > 2e-3 {
				t.Errorf("%s, place %d: %v, want %v", seen.Name, i, v, r.CAM[i])
			}
		}
	})
	films(t, camFlags{layer: "layer3"}, choice, 1, photos, func(c *cameraman, seen *filmed) {
		r, m := want[filepath.Base(seen.Name)], seen.maps[0]
		if c.Exact || m.class != -1 || m.Height != 14 || m.Width != 14 {
			t.Fatalf("%s: map %d×%d of class %d", seen.Name, m.Height, m.Width, m.class)
		}
		for i, want := range r.Layer3 {
			if v := float64(m.Values[i/3*5*14+i%3*5]); math.Abs(v-want) > 1e-3 {
				t.Errorf("%s, place %d of layer3: %v, want %v", seen.Name, i, v, want)
			}
		}
	})
}

// array reads the shape and the values of a .npy file.
func (w *world) array(name string) (shape string, values []float32) {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	end := bytes.IndexByte(data, '\n') + 1
	_, shape, _ = strings.Cut(string(data[:end]), "'shape': ")
	shape, _, _ = strings.Cut(shape, ")")
	values = make([]float32, (len(data)-end)/4)
	if err := binary.Read(bytes.NewReader(data[end:]), binary.LittleEndian, values); err != nil {
		w.t.Fatal(err)
	}
	return shape + ")", values
}

func TestCamFiles(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 120, 80, 1)
	w.expect(0, "", "", "classify", "img.png", "--cam", "a.npy", "--top", "3")
	shape, values := w.array("a.npy")
	if shape != "(3, 4, 4)" || len(values) != 48 {
		t.Fatalf("shape %s, %d values", shape, len(values))
	}
	w.expect(0, "", "", "classify", "img.png", "--cam", "a.csv", "--top", "3")
	text, err := os.ReadFile(filepath.Join(w.dir, "a.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 49 || strings.Join(rows[0], ",") != "class,label,row,column,value" {
		t.Fatal(err, len(rows), rows[0])
	}
	for i, row := range rows[1:] {
		v, err := strconv.ParseFloat(row[4], 32)
		if err != nil || float32(v) != values[i] || row[2] != strconv.Itoa(i%16/4) || row[3] != strconv.Itoa(i%4) {
			t.Errorf("line %d: %v, want %v", i, row, values[i])
		}
	}
	// The last map by the name of its stage is the same; an earlier one is of no class.
	w.expect(0, "", "", "classify", "img.png", "--cam", "b.npy", "--top", "3", "--cam-layer", "layer4")
	if _, again := w.array("b.npy"); !bytes.Equal(floats(again), floats(values)) {
		t.Error("layer4 gives other maps")
	}
	w.expect(0, "", "", "classify", "img.png", "--cam", "c.npy", "--cam-layer", "layer3")
	if shape, _ := w.array("c.npy"); shape != "(1, 8, 8)" {
		t.Errorf("layer3: shape %s", shape)
	}
	// A class by index, id and name.
	for _, word := range []string{"0", "n01443537", "Goldfish"} {
		w.expect(0, "", "", "classify", "img.png", "--cam", "d.csv", "--cam-class", word)
		text, err := os.ReadFile(filepath.Join(w.dir, "d.csv"))
		if err != nil || !strings.Contains(string(text), "\n0,goldfish,3,3,") || strings.Count(string(text), "\n") != 17 {
			t.Errorf("%s: %v: %s", word, err, text)
		}
	}
	w.expect(0, "", "", "classify", "img.png", "--cam", "a.png", "--top", "2")
	if im := w.picture("a.png"); im.Bounds().Dx() != 16+3*(320+16) {
		t.Errorf("a picture of %v", im.Bounds())
	}
}

func floats(values []float32) []byte {
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, values) // a buffer takes everything
	return b.Bytes()
}

func (w *world) picture(name string) image.Image {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		w.t.Fatal(err)
	}
	im, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		w.t.Fatal(err)
	}
	return im
}

func TestCamMany(t *testing.T) {
	w := newWorld(t)
	for i, name := range []string{"photos/a.png", "photos/below/a.png"} {
		w.image(name, 64, 80, i)
	}
	w.file("photos/cut.jpg", "\xff\xd8\xff\xe0")
	w.expect(1, "photos/a.png", "2 labelled, 1 failed", "classify", "-r", "photos", "--cam", "maps/", "--sheet", "s.html")
	for _, name := range []string{"maps/a.png.png", "maps/below/a.png.png"} {
		w.picture(name)
	}
	page, err := os.ReadFile(filepath.Join(w.dir, "s.html"))
	if err != nil || bytes.Count(page, []byte("<article")) != 3 || bytes.Count(page, []byte("data:image/jpeg")) != 4 ||
		!bytes.HasSuffix(page, []byte("</html>\n")) {
		t.Errorf("%v: %.3000s", err, page)
	}
	// Paths are those below the one directory that is given; of several they are whole.
	for _, test := range []struct{ args, shown string }{
		{"-r photos", `title="photos/below/a.png"><span></span><span>below/a.png</span>`},
		{"-r ./photos/", `title="photos/below/a.png"><span></span><span>below/a.png</span>`},
		{"-r photos", `title="photos/cut.jpg"><span></span><span>cut.jpg</span>`},
		{"photos photos/below", `title="photos/a.png"><span></span><span>photos/a.png</span>`},
		{"photos/below/a.png", `title="photos/below/a.png"><span>photos</span><span>/below/a.png</span>`},
	} {
		code := 1
		if test.args == "photos/below/a.png" {
			code = 0
		}
		w.expect(code, "", "", append([]string{"classify", "--sheet", "s.html"}, strings.Fields(test.args)...)...)
		if page, err := os.ReadFile(filepath.Join(w.dir, "s.html")); err != nil || !strings.Contains(string(page), test.shown) {
			t.Errorf("%s: %v, no %s in %.5000s", test.args, err, test.shown, page)
		}
	}
	w.expect(1, "", "", "classify", "-r", "photos", "--cam", "raw", "--cam-format", "npy", "--top", "4")
	if shape, _ := w.array("raw/below/a.png.npy"); shape != "(4, 4, 4)" {
		t.Errorf("shape %s", shape)
	}
	w.expect(2, "", "would both be written", "classify", "photos/a.png", "photos/below/a.png", "--cam", "maps/")
	if _, err := os.Stat(filepath.Join(w.dir, "photos", "x")); err == nil {
		t.Error("something else was written")
	}
}

func TestCamTerminal(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 120, 80, 1)
	w.expect(0, "4×4 map before avgpool", "", "classify", "img.png", "--cam", "-", "--top", "2")
	if strings.Contains(w.out.String(), "\x1b") || !strings.Contains(w.out.String(), "█") {
		t.Errorf("no shades:\n%s", w.out.String())
	}
	w.expect(0, "▀", "", "classify", "img.png", "--cam", "-", "--top", "2", "--color", "always", "--width", "60")
	for line := range strings.Lines(w.out.String()) {
		if n := strings.Count(line, "▀"); n > 58 {
			t.Errorf("a line of %d blocks in 60 columns", n)
		}
	}
}

// Each map has the strongest colour somewhere, or with --cam-scale same only the strongest map of the photo.
func TestCamScale(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 120, 80, 1)
	classify := func(to string, args ...string) image.Image {
		w.expect(0, "", "", append([]string{"classify", "img.png", "--cam", to, "--cam-class", "0", "--cam-class", "1"}, args...)...)
		if to == "-" {
			return nil
		}
		return w.picture(to)
	}
	own, again, same := classify("own.png"), classify("again.png", "--cam-scale", "own"), classify("same.png", "--cam-scale", "same")
	panel := func(im image.Image, n int) []byte {
		var pixels []byte
		for y := 16; y < 16+213; y++ {
			for x := range 320 {
				r, g, b, _ := im.At(16+n*(320+16)+x, y).RGBA()
				pixels = append(pixels, byte(r>>8), byte(g>>8), byte(b>>8))
			}
		}
		return pixels
	}
	differ := 0
	for n := range 3 {
		if !bytes.Equal(panel(own, n), panel(again, n)) {
			t.Errorf("panel %d: own is not the default", n)
		}
		if !bytes.Equal(panel(own, n), panel(same, n)) {
			differ++
		}
	}
	if differ != 1 {
		t.Errorf("%d panels differ between the scales, want that of the weaker map", differ)
	}
	classify("-")
	if n := strings.Count(w.out.String(), "max "); n != 2 {
		t.Errorf("%d maxima below two maps:\n%s", n, w.out.String())
	}
}

// A photo that EXIF turns has the maps of the photo that needs no turning.
func TestCamOrientation(t *testing.T) {
	w := newWorld(t)
	upright, stored := image.NewRGBA(image.Rect(0, 0, 96, 64)), image.NewRGBA(image.Rect(0, 0, 64, 96))
	for y := range 64 {
		for x := range 96 {
			c := wave(96, 64, 0).(*image.RGBA).RGBAAt(x/2, y/2)
			upright.SetRGBA(x, y, c)
			stored.SetRGBA(y, 95-x, c) // turning it right by 90° makes it upright
		}
	}
	for name, im := range map[string]image.Image{"upright.jpg": upright, "turned.jpg": stored} {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 100}); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if name == "turned.jpg" {
			exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
			text = text[:2] + "\xff\xe1\x00" + string(rune(len(exif)+2)) + exif + text[2:]
		}
		w.file(name, text)
		w.expect(0, "96×64", "", "classify", name, "--cam", name+".png", "--cam-class", "0")
	}
	a, b := w.picture("upright.jpg.png"), w.picture("turned.jpg.png")
	if a.Bounds() != b.Bounds() {
		t.Fatalf("%v and %v", a.Bounds(), b.Bounds())
	}
	difference, n := 0.0, 0.0
	for y := 16; y < 16+213; y++ { // below are file names
		for x := range a.Bounds().Dx() {
			r1, g1, b1, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, d := range [3]float64{float64(r1) - float64(r2), float64(g1) - float64(g2), float64(b1) - float64(b2)} {
				difference += math.Abs(d) / 257
				n++
			}
		}
	}
	if difference/n > 4 {
		t.Errorf("the pictures differ by %.1f levels", difference/n)
	}
}

func TestCamUsage(t *testing.T) {
	w := newWorld(t)
	w.image("img.png", 64, 64, 1)
	for _, test := range []struct{ want, args string }{
		{"go with --cam or --sheet", "--cam-class 3"},
		{".png, .npy or .csv", "--cam out.bmp"},
		{"give a directory: --cam out/", "img.png --cam out.png"},
		{"for one image", "img.png --cam -"},
		{"for one image", "--cam - --format json"},
		{"no class", "--cam out.png --cam-class unicorn"},
		{`no class "elephant" among the network's 200; did you mean "African elephant"?`, "--cam out.png --cam-class elephant"},
		{"no such layer of resnet18_tiny; did you mean", "--cam out.png --cam-layer layer44"},
		{"has no height and width", "--cam out.png --cam-layer avgpool"},
		{"has no height and width", "--cam out.png --cam-layer fc"},
		{"layer2 is of no class", "--cam out.png --cam-layer layer2 --cam-class 3"},
		{"at most 25 maps", "--cam out.png --top all"},
		{"--cam-format goes with", "--sheet s.html --cam-format npy"},
		{"--cam-scale goes with pictures", "--cam-scale same"},
		{"--cam-scale goes with pictures", "--sheet s.html --cam-scale same"},
		{"--cam-scale goes with pictures", "--cam out.npy --cam-scale own"},
		{"ends in .html", "--sheet s.pdf"},
	} {
		w.expect(2, "", test.want, append([]string{"classify", "img.png"}, strings.Fields(test.args)...)...)
	}
	w.expect(0, "", "", "classify", "img.png", "--cam", "all.npy", "--top", "all")
	if shape, _ := w.array("all.npy"); shape[:5] != "(200," {
		t.Errorf("shape %s", shape)
	}
}
