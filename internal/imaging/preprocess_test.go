package imaging

import (
	"bytes"
	"context"
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestStepsAreTorchvisions has sizes and boxes from torchvision 0.29 (Resize, CenterCrop).
func TestStepsAreTorchvisions(t *testing.T) {
	for _, c := range []struct {
		w, h         int
		resize, crop Size
		resized      image.Point
		box          image.Rectangle
	}{
		{500, 375, Single(256), Single(224), image.Pt(341, 256), image.Rect(58, 16, 282, 240)},
		{375, 500, Single(256), Single(224), image.Pt(256, 341), image.Rect(16, 58, 240, 282)},
		{500, 333, Single(235), Single(224), image.Pt(352, 235), image.Rect(64, 6, 288, 230)},
		{64, 64, Single(73), Single(64), image.Pt(73, 73), image.Rect(4, 4, 68, 68)},
		{100, 100, Size{}, Single(224), image.Pt(100, 100), image.Rect(-62, -62, 162, 162)},
		{101, 99, Size{}, Single(224), image.Pt(101, 99), image.Rect(-61, -62, 163, 162)},
		{640, 480, Size{200, 300}, Size{}, image.Pt(300, 200), image.Rect(0, 0, 300, 200)},
		{1, 10000, Single(256), Single(224), image.Pt(256, 2560000), image.Rect(16, 1279888, 240, 1280112)},
	} {
		p := ImageNet
		p.Resize, p.Crop = c.resize, c.crop
		s := p.Steps(Config{Width: c.w, Height: c.h, Orientation: 1})
		if s.Resized != c.resized || s.Crop != c.box {
			t.Errorf("%d×%d resize %v crop %v: %v %v, want %v %v", c.w, c.h, c.resize, c.crop, s.Resized, s.Crop, c.resized, c.box)
		}
	}
}

// TestOrientationCostsNothing holds the crop that is made of the stored picture and turned at the end against the crop
// of the picture that was turned first.
func TestOrientationCostsNothing(t *testing.T) {
	for _, size := range []image.Point{{40, 90}, {90, 40}, {10, 400}, {400, 10}, {33, 33}} {
		stored := noise(size.X, size.Y)
		for _, filter := range Interpolations() {
			p := Preprocess{Resize: Single(31), Crop: Single(28), Interpolation: filter}
			for orientation := 1; orientation <= 8; orientation++ {
				want, err := p.apply(orient(stored, orientation))
				if err != nil {
					t.Fatal(err)
				}
				plan, err := p.plan(Config{Width: size.X, Height: size.Y, Orientation: orientation}, Limits{}.orDefault())
				if err != nil {
					t.Fatal(err)
				}
				src := pictureRows(func(dst []byte, y int) { copy(dst, stored.Row(y)) })
				got, err := plan.run(context.Background(), src)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Pix, want.Pix) {
					t.Errorf("%v %s orientation %d: the crops differ", size, filter, orientation)
				}
			}
		}
	}
}

func TestEncodePNG(t *testing.T) {
	im := noise(31, 17)
	var b bytes.Buffer
	if err := im.EncodePNG(&b); err != nil {
		t.Fatal(err)
	}
	if back, err := whole.Load(context.Background(), b.Bytes(), Options{}); err != nil || !bytes.Equal(back.Pix, im.Pix) {
		t.Errorf("the pixels did not come back: %v", err)
	}
}

func TestNormalize(t *testing.T) {
	im := &Image{Width: 2, Height: 1, Pix: []byte{0, 128, 255, 10, 20, 30}}
	got := ImageNet.Tensor(im)
	if got.Shape.String() != "[1, 3, 1, 2]" {
		t.Fatalf("shape %v", got.Shape)
	}
	for i, v := range []byte{0, 10, 128, 20, 255, 30} {
		want := (float64(v)/255 - float64(ImageNet.Mean[i/2])) / float64(ImageNet.Std[i/2])
		if math.Abs(float64(got.Data[i])-want) > 1e-6 {
			t.Errorf("element %d: %v, want %v", i, got.Data[i], want)
		}
	}
}

func TestValidateNamesAll(t *testing.T) {
	p := Preprocess{Resize: Single(-1), Crop: Single(1 << 20), Interpolation: "cubic", Std: [3]float32{1, 0, 1}}
	err := p.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"resize:", "crop:", "cubic", "std[1]:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
	if err := ImageNet.Validate(); err != nil {
		t.Error(err)
	}
}

func noise(w, h int) *Image {
	random := rand.New(rand.NewPCG(uint64(w), uint64(h)))
	im := NewImage(w, h)
	for i := range im.Pix {
		im.Pix[i] = byte(random.Uint32())
	}
	return im
}
