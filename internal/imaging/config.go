package imaging

import (
	"context"
	"fmt"
	"image"
	"sync"
)

// Config is what a picture's headers say, read before anything is decoded.
type Config struct {
	Format        Format
	Width, Height int // as stored, before any orientation is applied
	// Orientation is EXIF's (1 … 8), or a TIFF's own; 1 where there is none: the picture is stored as it is seen.
	Orientation int

	tile   image.Point // what is decoded at least, where the picture stands in tiles that may be larger than it
	memory int64       // an upper estimate, in bytes, of what decoding allocates beside the file itself
}

// oriented is the size as seen, once the orientation is applied.
func (c Config) oriented() (width, height int) {
	if transposed(c.Orientation) {
		return c.Height, c.Width
	}
	return c.Width, c.Height
}

// A codec reads one format. Nothing that config or open allocate is sized by a number that was not checked.
type codec struct {
	config func(source) (Config, error)
	open   func(*job) (rows, error)
}

// job is the decoding of one whole file.
type job struct {
	ctx    context.Context
	data   []byte
	config Config
	opts   Options
	window image.Rectangle // of the stored picture: only its rows are asked for, only its columns looked at
	left   sync.WaitGroup  // decoders that were left behind when the context ended
}

// rows hands out a picture's rows.
type rows interface {
	// row fills dst, 3·width bytes of RGB, with row y. Each row of the window is asked for once, from the top.
	row(dst []byte, y int) error
	// finish reads what follows the window, so that a file that is cut short or corrupt below it is refused too.
	finish() error
}

var codecs map[Format]codec

func init() {
	codecs = map[Format]codec{
		JPEG: {jpegConfig, openJPEG},
		PNG:  {pngConfig, openPNG},
		GIF:  {gifConfig, openGIF},
		WebP: {webpConfig, openWebP},
		BMP:  {bmpConfig, openBMP},
		TIFF: {tiffConfig, openTIFF},
	}
}

var errEmpty = errorf(UnknownFormat, "empty file")

// refuse is the error for first bytes that no codec reads.
func refuse(head []byte, size int64) error {
	switch format := Sniff(head); {
	case size == 0:
		return errEmpty
	case format == "":
		return errorf(UnknownFormat, "not a picture in a known format")
	case !format.Supported():
		return &Error{Unsupported, fmt.Sprintf("%s pictures are not supported; convert to JPEG or PNG", format), ForeignError(format)}
	}
	return nil
}

// config reads the headers and holds them against the limits.
func (s source) config(opts Options) (c Config, err error) {
	defer recoverInternal(&err)
	head, err := s.head()
	if err != nil {
		return Config{}, ioError(err)
	}
	if err := refuse(head, s.size); err != nil {
		return Config{}, err
	}
	format := Sniff(head)
	c, err = codecs[format].config(s)
	if err != nil {
		return Config{}, classify(err, format, s.size)
	}
	c.Format = format
	if c.Orientation == 0 || opts.IgnoreEXIF && format != TIFF {
		c.Orientation = 1
	}
	return c, opts.Limits.orDefault().check(c, opts)
}
