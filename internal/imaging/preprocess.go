package imaging

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"slices"

	"resnet/internal/tensor"
)

// Preprocess is what stands between a picture and a network: torchvision's Resize, CenterCrop, ToTensor and Normalize on
// its PIL path. It is plain data, as a network's YAML has it.
type Preprocess struct {
	// Resize is the length of the shorter side, or the exact height and width; zero leaves the size as it is.
	Resize Size `json:"resize"`
	// Crop is the centre that is kept, a square where it is one number; zero keeps all. What hangs over is black.
	Crop          Size          `json:"crop"`
	Interpolation Interpolation `json:"interpolation"`
	Mean          [3]float32    `json:"mean"`
	Std           [3]float32    `json:"std"`
	// Order is that of the channels that the network sees, and of Mean and Std: OrderRGB, also where it is "", or OrderBGR.
	Order string `json:"order,omitempty"`
	// Gray shows the network one channel, Pillow's "L"; Mean and Std are three times the same.
	Gray bool `json:"gray,omitempty"`
	// Range is the largest value before Mean is subtracted: 1, also where it is 0, or 255.
	Range int `json:"range,omitempty"`
}

// Values of Preprocess.Order.
const (
	OrderRGB = "rgb"
	OrderBGR = "bgr" // Caffe's, and so Keras's for networks whose weights came from there
)

// ImageNet is torchvision's preprocessing of the ImageNet weights.
var ImageNet = Preprocess{
	Resize:        Single(256),
	Crop:          Single(224),
	Interpolation: Bilinear,
	Mean:          [3]float32{0.485, 0.456, 0.406},
	Std:           [3]float32{0.229, 0.224, 0.225},
}

// maxSide bounds the sizes that a preprocessing may ask for.
const maxSide = 1 << 15

// What pixels may be shifted and divided by: a mean of -MaxValue to MaxValue, a std of MinStd to MaxValue.
const (
	MaxValue float64 = 1e6
	MinStd   float64 = 1e-6
)

// Validate names all that is wrong.
func (p Preprocess) Validate() error {
	var errs []error
	check := func(key string, s Size) {
		if s.Height < 0 || s.Width < 0 || s.Height > maxSide || s.Width > maxSide || s.Height == 0 && s.Width != 0 {
			errs = append(errs, fmt.Errorf("%s: %v is not between 1 and %d pixels", key, s, maxSide))
		}
	}
	check("resize", p.Resize)
	check("crop", p.Crop)
	if _, err := ParseInterpolation(string(p.Interpolation)); err != nil {
		errs = append(errs, err)
	}
	if !slices.Contains([]string{"", OrderRGB, OrderBGR}, p.Order) {
		errs = append(errs, fmt.Errorf("order: %q is neither %s nor %s", p.Order, OrderRGB, OrderBGR))
	}
	if p.Range != 0 && p.Range != 1 && p.Range != 255 {
		errs = append(errs, fmt.Errorf("range: %d is neither 1 nor 255", p.Range))
	}
	for i := range 3 {
		if m := float64(p.Mean[i]); !(math.Abs(m) <= MaxValue) {
			errs = append(errs, fmt.Errorf("mean[%d]: %v is not between %v and %v", i, m, -MaxValue, MaxValue))
		}
		if s := float64(p.Std[i]); !(s >= MinStd && s <= MaxValue) {
			errs = append(errs, fmt.Errorf("std[%d]: %v is not between %v and %v", i, s, MinStd, MaxValue))
		}
	}
	return errors.Join(errs...)
}

// Steps tells the way of one picture through preprocessing. Sizes are as seen, widths first as image.Point has them.
type Steps struct {
	Format      Format
	Stored      image.Point // in the file
	Orientation int         // of EXIF or TIFF as applied; 1 where nothing was
	Decoded     image.Point // once oriented
	Resized     image.Point
	// Crop is the box within the resized picture; where it reaches outside, the output is black.
	Crop image.Rectangle
}

// Steps works out what the preprocessing will do with a picture.
func (p Preprocess) Steps(c Config) Steps {
	w, h := c.oriented()
	nw, nh := p.resized(w, h)
	return Steps{
		Format:      c.Format,
		Stored:      image.Pt(c.Width, c.Height),
		Orientation: c.Orientation,
		Decoded:     image.Pt(w, h),
		Resized:     image.Pt(nw, nh),
		Crop:        p.cropBox(nw, nh),
	}
}

// resized is torchvision's Resize: the longer side is truncated, never rounded.
func (p Preprocess) resized(w, h int) (int, int) {
	switch s := p.Resize; {
	case s.IsZero():
		return w, h
	case s.Width != 0:
		return s.Width, s.Height
	case w <= h:
		return s.Height, max(1, int(float64(s.Height)*float64(h)/float64(w)))
	default:
		return max(1, int(float64(s.Height)*float64(w)/float64(h))), s.Height
	}
}

// cropBox is torchvision's CenterCrop: a smaller picture is padded first, the odd pixel at the right and the bottom; a
// larger one is cut at a corner that is rounded half to even.
func (p Preprocess) cropBox(w, h int) image.Rectangle {
	if p.Crop.IsZero() {
		return image.Rect(0, 0, w, h)
	}
	crop := p.Crop.Square()
	x, y := cropStart(w, crop.Width), cropStart(h, crop.Height)
	return image.Rect(x, y, x+crop.Width, y+crop.Height)
}

func cropStart(size, crop int) int {
	if crop > size {
		return -((crop - size) / 2)
	}
	return int(math.RoundToEven(float64(size-crop) / 2))
}

// A Crop is what the network sees of a picture, before normalisation, and how it came about.
type Crop struct {
	*Image
	Steps Steps
}

// Load decodes a picture in memory straight to its crop.
func (p Preprocess) Load(ctx context.Context, data []byte, opts Options) (*Crop, error) {
	return p.always().Load(ctx, data, opts)
}

// LoadFile is Load for a file.
func (p Preprocess) LoadFile(ctx context.Context, path string, opts Options) (*Crop, error) {
	return p.always().LoadFile(ctx, path, opts)
}

func (p Preprocess) always() BySize { return func(image.Point) Preprocess { return p } }

// BySize is the preprocessing of a picture by its size as seen, which is known before it is decoded.
type BySize func(size image.Point) Preprocess

// Load is Preprocess.Load.
func (by BySize) Load(ctx context.Context, data []byte, opts Options) (*Crop, error) {
	return by.load(ctx, bytesSource(data), opts)
}

// LoadFile is Preprocess.LoadFile.
func (by BySize) LoadFile(ctx context.Context, path string, opts Options) (*Crop, error) {
	s, done, err := openFile(ctx, path, opts.Limits.orDefault())
	if err != nil {
		return nil, err
	}
	defer done()
	return by.load(ctx, s, opts)
}

func (by BySize) load(ctx context.Context, s source, opts Options) (*Crop, error) {
	c, err := s.config(opts)
	if err != nil {
		return nil, err
	}
	p := by(image.Pt(c.oriented()))
	plan, err := p.plan(c, opts.Limits.orDefault())
	if err != nil {
		return nil, err
	}
	var out *Image
	err = s.withRows(ctx, c, opts, plan.memory(), plan.window(), func(r rows) (err error) {
		if p.Gray {
			r = grayRows{r}
		}
		out, err = plan.run(ctx, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &Crop{Image: out, Steps: plan.Steps}, nil
}

// Normalize writes the picture into dst, (3, Height, Width) or (1, Height, Width) where it is Gray, as (v/255 - mean)/std in float32, each step rounded; without the
// division where Range is 255.
func (p Preprocess) Normalize(dst []float32, im *Image) {
	var table [3][256]float32
	for channel := range table {
		for v := range table[channel] {
			value := float32(v)
			if p.Range != 255 {
				value /= 255
			}
			table[channel][v] = float32(value-p.Mean[channel]) / p.Std[channel]
		}
	}
	n := im.Width * im.Height
	if p.Gray {
		for i := range dst[:n] {
			dst[i] = table[0][im.Pix[3*i]]
		}
		return
	}
	r, g, b := dst[:n], dst[n:2*n], dst[2*n:3*n]
	if p.Order == OrderBGR {
		r, b = b, r
		table[0], table[2] = table[2], table[0]
	}
	pix := im.Pix[:3*n]
	for i := range r {
		pixel := pix[3*i : 3*i+3 : 3*i+3]
		r[i], g[i], b[i] = table[0][pixel[0]], table[1][pixel[1]], table[2][pixel[2]]
	}
}

// Channels is how many channels the network sees.
func (p Preprocess) Channels() int {
	if p.Gray {
		return 1
	}
	return 3
}

// Tensor is the normalised picture, (1, Channels, Height, Width).
func (p Preprocess) Tensor(im *Image) tensor.Tensor {
	t := tensor.New(1, p.Channels(), im.Height, im.Width)
	p.Normalize(t.Data, im)
	return t
}
