package imaging

import (
	"math"

	"resnet/internal/number"
)

// Limits bound what a picture may ask for; a zero field is the default.
type Limits struct {
	WarnPixels int64 // a warning above this many pixels; default 89,478,485, Pillow's
	MaxPixels  int64 // refusal above this many; default 178,956,970, Pillow's
	MaxBytes   int64 // refusal of longer files and streams; default 1 GiB
}

// Pillow's limits: the warning where a picture of three bytes a pixel passes 256 MiB, the refusal at twice that.
const (
	DefaultWarnPixels = 89_478_485
	DefaultMaxPixels  = 178_956_970
	DefaultMaxBytes   = 1 << 30
)

func (l Limits) orDefault() Limits {
	if l.WarnPixels <= 0 {
		l.WarnPixels = DefaultWarnPixels
	}
	if l.MaxPixels <= 0 {
		l.MaxPixels = DefaultMaxPixels
	}
	if l.MaxBytes <= 0 {
		l.MaxBytes = DefaultMaxBytes
	}
	return l
}

// pixels is width·height without overflow.
func pixels(width, height int) int64 {
	if width > 0 && int64(height) > math.MaxInt64/int64(width) {
		return math.MaxInt64
	}
	return int64(width) * int64(height)
}

// check refuses a picture over the limit, and warns of a large one.
func (l Limits) check(c Config, opts Options) error {
	if c.Width <= 0 || c.Height <= 0 {
		return errorf(Corrupt, "corrupt %s: %d×%d pixels", c.Format, c.Width, c.Height)
	}
	if pixels(c.tile.X, c.tile.Y) > l.MaxPixels {
		return over(ErrPixels, "%s with tiles of %d×%d pixels, more than the limit of %s",
			c.Format, c.tile.X, c.tile.Y, number.Thousands(l.MaxPixels))
	}
	n := pixels(c.Width, c.Height)
	if n > l.MaxPixels {
		return over(ErrPixels, "%d×%d is %s pixels, more than the limit of %s",
			c.Width, c.Height, number.Thousands(n), number.Thousands(l.MaxPixels))
	}
	if n > l.WarnPixels {
		opts.warn("very large picture: " + number.Thousands(n) + " pixels")
	}
	return nil
}
