package imaging

import (
	"context"
	"image"

	"resnet/internal/number"
)

// plan is a preprocessing made ready for one picture: resize and crop at once, on the picture as stored. Only the small
// result is turned to how it is seen, so that an orientation costs nothing.
type plan struct {
	resampler
	Steps Steps
	valid image.Rectangle // the part of the crop that is inside the resized picture
}

func (p Preprocess) plan(c Config, limits Limits) (*plan, error) {
	s := p.Steps(c)
	valid := s.Crop.Intersect(image.Rectangle{Max: s.Resized})
	if n := pixels(s.Crop.Dx(), s.Crop.Dy()); n > limits.MaxPixels {
		return nil, over(ErrPixels, "%d×%d resizes to %d×%d and is cropped to %d×%d: %s pixels, more than the limit of %s",
			s.Decoded.X, s.Decoded.Y, s.Resized.X, s.Resized.Y, s.Crop.Dx(), s.Crop.Dy(), number.Thousands(n), number.Thousands(limits.MaxPixels))
	}
	const weightsLimit = 64 << 20 // bytes; a picture of 178 million pixels in a normal shape needs a thousandth
	if axisMemory(s.Decoded.X, s.Resized.X, valid.Dx(), p.Interpolation)+
		axisMemory(s.Decoded.Y, s.Resized.Y, valid.Dy(), p.Interpolation) > weightsLimit {
		return nil, errorf(TooLarge, "%d×%d is too long to be resized to %d×%d", s.Decoded.X, s.Decoded.Y, s.Resized.X, s.Resized.Y)
	}
	x := newAxis(s.Decoded.X, s.Resized.X, valid.Min.X, valid.Max.X, p.Interpolation)
	y := newAxis(s.Decoded.Y, s.Resized.Y, valid.Min.Y, valid.Max.Y, p.Interpolation)

	// Pillow 13 goes vertically first where that drops many more rows than the other way columns.
	verticalFirst := s.Resized.Y < s.Decoded.Y && s.Decoded.Y-s.Resized.Y > 2*(s.Decoded.X-s.Resized.X)

	mirrorX, mirrorY := mirrors(c.Orientation)
	if mirrorX {
		x = x.mirrored(s.Decoded.X)
	}
	if mirrorY {
		y = y.mirrored(s.Decoded.Y)
	}
	if transposed(c.Orientation) {
		x, y = y, x
		verticalFirst = !verticalFirst
	}
	return &plan{
		resampler: resampler{x: x, y: y, horizontalFirst: !verticalFirst, width: c.Width},
		Steps:     s,
		valid:     valid.Sub(s.Crop.Min),
	}, nil
}

func (p *plan) memory() int64 {
	return p.resampler.memory() + 3*3*pixels(p.Steps.Crop.Dx(), p.Steps.Crop.Dy())
}

// run makes the crop from the stored picture's rows.
func (p *plan) run(ctx context.Context, src rows) (*Image, error) {
	out, err := p.resampler.run(ctx, src)
	if err != nil {
		return nil, err
	}
	out = orient(out, p.Steps.Orientation)
	size := p.Steps.Crop.Size()
	if p.valid.Size() == size {
		return out, nil
	}
	padded := NewImage(size.X, size.Y)
	for y := range out.Height {
		copy(padded.Row(p.valid.Min.Y + y)[3*p.valid.Min.X:], out.Row(y))
	}
	return padded, nil
}
