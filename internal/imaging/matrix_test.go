package imaging

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The goldens are Pillow's and torchvision's: testdata/matrix.py writes them.

type golden struct {
	Refused  string
	Width    int
	Height   int
	RGB      string
	Oriented string
	Crop     string
}

// notDecoded are kinds that Pillow reads and this package refuses as unsupported, on purpose.
var notDecoded = []string{
	"png/two-palettes",                 // which the format forbids: Pillow takes the last one, others the first or none
	"tiff/odd-II-8-", "tiff/odd-MM-8-", // Lab, which takes a colour management
	"tiff/ycbcr-turned-",                                       // compressed YCbCr that Pillow turns twice, strip by strip
	"tiff/ycbcr-4x4-33x17.tiff", "tiff/ycbcr-4x4-33x17-strips", // of which libtiff drops the last bytes of each strip
	"tiff/ycbcr-predictor-2x1",                 // differences over groups of pixels, which nothing writes
	"tiff/rare-old-jpeg",                       // whose tables and pixels lie about the file, as each writer had it
	"tiff/rare-lzma",                           // whose window is as large as the file says, up to 4 GiB
	"tiff/jpeg-progressive", "tiff/jpeg-scans", // strips whose coefficients take memory that their TIFF does not tell of
}

// damaged are kinds of damage of which Pillow shows what there is, and green behind it.
var damaged = []string{
	"tiff/odd-II-6-1-1-8x3--5", "tiff/odd-MM-6-1-1-8x3--5", // YCbCr without its subsampling: strips too short for the default
}

func isOneOf(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// matrix yields the pictures of testdata/matrix.zip with their names.
func matrix(tb testing.TB) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		archive, err := zip.OpenReader("testdata/matrix.zip")
		if err != nil {
			tb.Fatal(err)
		}
		defer archive.Close()
		for _, file := range archive.File {
			r, err := file.Open()
			if err != nil {
				tb.Fatal(err)
			}
			data, err := io.ReadAll(r)
			if err != nil {
				tb.Fatal(err)
			}
			if !yield(file.Name, data) {
				return
			}
		}
	}
}

func TestMatrixIsPillows(t *testing.T) {
	goldens := readGoldens[map[string]golden](t, "testdata/matrix.json")
	p := Preprocess{Resize: Single(40), Crop: Single(32), Interpolation: Bilinear}
	for name, data := range matrix(t) {
		want, ok := goldens[name]
		if !ok {
			t.Errorf("%s has no golden", name)
			continue
		}
		delete(goldens, name)
		t.Run(name, func(t *testing.T) { checkGolden(t, name, data, want, p) })
	}
	for name := range goldens {
		t.Errorf("%s has a golden but is not in the archive", name)
	}
}

// whole is the picture as it is decoded.
var whole Preprocess

// apply resizes and crops a picture that is decoded already.
func (p Preprocess) apply(im *Image) (*Image, error) {
	plan, err := p.plan(Config{Width: im.Width, Height: im.Height, Orientation: 1}, Limits{}.orDefault())
	if err != nil {
		return nil, err
	}
	return plan.run(context.Background(), pictureRows(func(dst []byte, y int) { copy(dst, im.Row(y)) }))
}

func readGoldens[T any](t *testing.T, path string) (goldens T) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &goldens); err != nil {
		t.Fatal(err)
	}
	return goldens
}

func checkGolden(t *testing.T, name string, data []byte, want golden, p Preprocess) {
	ctx := context.Background()
	asStored := Options{IgnoreEXIF: true}
	im, err := whole.Load(ctx, data, asStored)
	crop, cropErr := p.Load(ctx, data, asStored)
	if (err == nil) != (cropErr == nil) || err != nil && ClassOf(err) != ClassOf(cropErr) {
		t.Errorf("decoding alone: %v; with the crop: %v", err, cropErr)
	}
	switch {
	case want.Refused != "" || isOneOf(name, notDecoded) || isOneOf(name, damaged):
		var e *Error
		if !errors.As(err, &e) || e.Class == Internal || e.Class == IO {
			t.Errorf("error %v, want a refusal (Pillow: %s)", err, want.Refused)
		} else if want.Refused == "" && (e.Class == Unsupported) != isOneOf(name, notDecoded) {
			t.Errorf("error %v of class %s", err, e.Class)
		}
		return
	case err != nil:
		t.Error(err)
		return
	case cropErr != nil:
		return // reported above
	}
	if im.Width != want.Width || im.Height != want.Height {
		t.Errorf("%d×%d pixels, want %d×%d", im.Width, im.Height, want.Width, want.Height)
	}
	if got := digest(im.Image); got != want.RGB {
		t.Error("the pixels differ from Pillow's")
	}
	if got := digest(crop.Image); got != want.Crop {
		t.Error("the crop differs from torchvision's")
	}
	small := Preprocess{Resize: Single(23), Crop: Size{5, 9}, Interpolation: Bicubic} // a window inside the picture
	cut, err := small.apply(im.Image)
	part, partErr := small.Load(ctx, data, asStored)
	if err != nil || partErr != nil || digest(cut) != digest(part.Image) {
		t.Errorf("the crop of the whole picture is not the crop of its window (%v, %v)", err, partErr)
	}
	if want.Oriented == "" {
		want.Oriented = want.RGB
	}
	var sizes []image.Point
	seen := BySize(func(size image.Point) Preprocess { sizes = append(sizes, size); return whole })
	oriented, err := seen.Load(ctx, data, Options{})
	if err != nil || digest(oriented.Image) != want.Oriented {
		t.Errorf("the oriented pixels differ from Pillow's (%v)", err)
	} else if len(sizes) != 1 || sizes[0] != image.Pt(oriented.Width, oriented.Height) {
		t.Errorf("prepared by the sizes %v, and it has %d×%d pixels", sizes, oriented.Width, oriented.Height)
	}
}

func digest(im *Image) string {
	sum := sha256.Sum256(im.Pix)
	return hex.EncodeToString(sum[:])
}

// TestFilesArePillows looks at real pictures, which are not part of the repository.
func TestFilesArePillows(t *testing.T) {
	dir := os.Getenv("RESNET_TESTDATA")
	if dir == "" {
		t.Skip("RESNET_TESTDATA is not set: no real pictures to look at")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("RESNET_TESTDATA: %v", err)
	}
	for name, want := range readGoldens[map[string]golden](t, "testdata/files.json") {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkGolden(t, name, data, want, ImageNet)
		})
	}
}

// sizeOrNone is a number, a pair, or 0 for none.
type sizeOrNone struct{ Size }

func (s *sizeOrNone) UnmarshalJSON(data []byte) error {
	if string(data) == "0" {
		return nil
	}
	return s.Size.UnmarshalJSON(data)
}

func TestResizeIsPillows(t *testing.T) {
	type resize struct {
		Width, Height int
		Resize, Crop  sizeOrNone
		Interpolation Interpolation
		SHA256        string
	}
	for _, c := range readGoldens[[]resize](t, "testdata/resize.json") {
		name := fmt.Sprintf("%dx%d-%v-%v-%s", c.Width, c.Height, c.Resize, c.Crop, c.Interpolation)
		p := Preprocess{Resize: c.Resize.Size, Crop: c.Crop.Size, Interpolation: c.Interpolation}
		crop, err := p.apply(congruential(c.Width, c.Height))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if digest(crop) != c.SHA256 {
			t.Errorf("%s: the pixels differ from torchvision's", name)
		}
	}
}

// congruential is the noise of matrix.py.
func congruential(w, h int) *Image {
	im := NewImage(w, h)
	state := uint32(w*65536 + h)
	for i := range im.Pix {
		state = state*1664525 + 1013904223
		im.Pix[i] = byte(state >> 24)
	}
	return im
}
