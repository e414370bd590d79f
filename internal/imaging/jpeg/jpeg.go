// Package jpeg decodes JPEG pictures (ITU-T T.81: baseline, extended sequential and progressive, Huffman coded, 8 bits)
// to the very pixels that libjpeg-turbo gives with its defaults: the accurate integer IDCT, "fancy" upsampling, its
// colour conversion, its smoothing of progressive files whose AC scans are missing, and its recovery from broken data.
//
// A Decoder hands out rows of RGB from the top. A window tells it which pixels are wanted: the rest of the file is read
// (so that a broken one is noticed) but not transformed.
package jpeg

import (
	"context"
	"image"
)

// UnsupportedError names a valid feature of JPEG that is not decoded.
type UnsupportedError string

func (e UnsupportedError) Error() string { return string(e) }

// FormatError says how the bytes contradict the format.
type FormatError string

func (e FormatError) Error() string { return string(e) }

const (
	maxComponents = 4
	maxDimension  = 65500 // libjpeg's
	maxScans      = 500   // each scan of a hostile file costs a pass over the whole picture, whatever it holds
)

// component is one colour channel of the frame.
type component struct {
	id         byte
	h, v       int // sampling factors
	quantIndex byte
	quant      *[64]uint16 // in natural order; latched when the component's first scan begins, nil before

	width, height            int     // in samples
	blocksAcross, blocksDown int     // without the padding to whole MCUs
	stride                   int     // of plane, in samples; in blocks an eighth of it
	plane                    []byte  // (2·8·v, stride): the rows of two MCU rows, a ring
	coefficients             []block // (padded blocks down, stride/8); for files of several scans only
	dequant                  [64]int16

	dcTable, acTable byte // of the current scan

	upsample         upsampler
	expandH, expandV int // the picture's samples for one of these

	firstBlock int // the blocks that the window needs in each row
	lastBlock  int
}

// block holds the coefficients of 8×8 samples in natural (row by row) order.
type block [64]int16

// Decoder reads one picture. Its methods are for one goroutine.
type Decoder struct {
	bits   bitReader
	width  int
	height int

	abbreviated bool // a strip or tile of a TIFF
	progressive bool
	multiScan   bool
	components  []component
	maxH, maxV  int
	mcuRows     int
	colour      colourSpace

	quant   [4]*[64]uint16
	huffman [2][4]*huffmanTable // DC, AC

	restartInterval int
	sawJFIF         bool
	adobe           int // transform of an Adobe marker, -1 without one

	scan      scan
	scans     int // begun
	maxScans  int
	progress  progress
	block     block // being decoded, of a file with one scan
	rowWanted bool  // the window needs samples of the current row of MCUs

	window  image.Rectangle
	decoded int                   // rows of MCUs
	y       int                   // next row to hand out
	lines   [maxComponents][]byte // a row of samples of each component at full width, where it is upsampled
}

// NewDecoder reads the headers up to the first scan. data is the whole file and must not change while it is decoded.
// What it allocates does not depend on the picture.
func NewDecoder(data []byte) (*Decoder, error) {
	d := &Decoder{progress: newProgress(), maxScans: maxScans}
	return d, d.begin(data, false)
}

// NewAbbreviatedDecoder is NewDecoder for a strip or tile of a larger picture, as TIFF has them: it may be without tables of
// its own, or with some of them, and the others come from a stream of tables alone (T.81, B.4 and B.5), which may be empty.
// It may have two components, which stand for no colours: KeepSamples. Its data may end early, as libtiff lets it: what is missing is gray.
func NewAbbreviatedDecoder(tables, data []byte) (*Decoder, error) {
	d := &Decoder{progress: newProgress(), maxScans: maxScans, abbreviated: true}
	if len(tables) > 0 {
		found, err := d.readImage(tables, true)
		if err != nil {
			return nil, err
		}
		if found != markerEOI {
			return nil, FormatError("a picture among the tables")
		}
	}
	return d, d.begin(data, true)
}

// begin reads the headers of the picture.
func (d *Decoder) begin(data []byte, whole bool) error {
	found, err := d.readImage(data, whole)
	if err != nil {
		return err
	}
	if found != markerSOS {
		return FormatError("no picture before the end of image")
	}
	if err := d.setUp(); err != nil {
		return err
	}
	d.window = image.Rect(0, 0, d.width, d.height)
	return nil
}

// readImage reads the headers of a stream, up to its first scan or its end.
func (d *Decoder) readImage(data []byte, whole bool) (found byte, err error) {
	if len(data) < 2 || data[0] != 0xFF || data[1] != markerSOI {
		return 0, FormatError("no start of image")
	}
	d.bits = bitReader{data: data, pos: 2, whole: whole}
	d.restartInterval, d.sawJFIF, d.adobe = 0, false, -1
	return d.readMarkers()
}

// AssumeYCbCr has three components converted to RGB whatever the file's markers say.
func (d *Decoder) AssumeYCbCr() { d.colour = yCbCr }

// KeepSamples has ReadRow give the components side by side as they are stored, Components bytes a pixel.
func (d *Decoder) KeepSamples() { d.colour = stored }

// Components is the number of samples of a pixel.
func (d *Decoder) Components() int { return len(d.components) }

// Sampling gives the sampling factors of a component.
func (d *Decoder) Sampling(component int) (across, down int) {
	c := &d.components[component]
	return c.h, c.v
}

// SeveralScans reports whether the picture is progressive, or its components stand in scans of their own: decoding it takes
// memory for all coefficients.
func (d *Decoder) SeveralScans() bool { return d.multiScan }

// Width is the number of columns.
func (d *Decoder) Width() int { return d.width }

// Height is the number of rows.
func (d *Decoder) Height() int { return d.height }

// SetWindow limits what is wanted, before the first ReadRow.
func (d *Decoder) SetWindow(window image.Rectangle) {
	d.window = window.Intersect(image.Rect(0, 0, d.width, d.height))
	d.y = d.window.Min.Y
}

// setUp works out the geometry once the first scan's header is known.
func (d *Decoder) setUp() error {
	for i := range d.components {
		c := &d.components[i]
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return FormatError("sampling factors out of range")
		}
		d.maxH, d.maxV = max(d.maxH, c.h), max(d.maxV, c.v)
	}
	d.mcuRows = divUp(d.height, 8*d.maxV)
	d.multiScan = d.progressive || len(d.scan.components) < len(d.components)
	d.colour = d.guessColour()
	for i := range d.components {
		c := &d.components[i]
		c.width, c.height = divUp(d.width*c.h, d.maxH), divUp(d.height*c.v, d.maxV)
		c.blocksAcross, c.blocksDown = divUp(d.width*c.h, 8*d.maxH), divUp(d.height*c.v, 8*d.maxV)
		c.stride = 8 * c.h * divUp(d.width, 8*d.maxH)
		if err := c.chooseUpsampling(d.maxH, d.maxV); err != nil {
			return err
		}
	}
	return nil
}

// Memory is what decoding allocates, in bytes, for a frame whose components have these sampling factors (4 bits across,
// 4 down, as the frame's header has them). Files of several scans keep all coefficients. What is out of range counts as
// the most that is possible: the frame will be refused.
func Memory(width, height int, sampling []byte, severalScans bool) int64 {
	maxH, maxV := int64(1), int64(1)
	for _, s := range sampling {
		maxH, maxV = max(maxH, int64(s>>4)), max(maxV, int64(s&15))
	}
	mcusAcross, mcusDown := (int64(width)+8*maxH-1)/(8*maxH), (int64(height)+8*maxV-1)/(8*maxV)
	bytes := int64(0)
	for _, s := range sampling {
		h, v := max(int64(s>>4), 1), max(int64(s&15), 1)
		bytes += mcusAcross * 8 * (h*2*8*v + maxH) // the ring of two rows of MCUs, and a line
		if severalScans {
			bytes += mcusAcross * h * mcusDown * v * 128
		}
	}
	return bytes + 64<<10 // tables
}

// start allocates, and reads all scans of a file of several.
func (d *Decoder) start(ctx context.Context) error {
	for i := range d.components {
		c := &d.components[i]
		c.plane = make([]byte, 2*8*c.v*c.stride)
		d.lines[i] = make([]byte, d.maxH*8*divUp(d.width, 8*d.maxH)+16)
		c.setWindow(d.window, d.maxH)
		if d.multiScan {
			c.coefficients = make([]block, c.stride/8*c.v*d.mcuRows)
		}
	}
	if d.multiScan {
		return d.readScans(ctx)
	}
	return d.startScan()
}

// setWindow finds the blocks that the columns of the window need, with one sample beyond for the upsampling.
func (c *component) setWindow(w image.Rectangle, maxH int) {
	c.firstBlock = max(w.Min.X*c.h/maxH-1, 0) / 8
	c.lastBlock = min(((w.Max.X-1)*c.h/maxH+1)/8, c.blocksAcross-1)
}

// ReadRow fills dst, 3·Width bytes of RGB, with the next row of the window. Only the window's columns are set.
func (d *Decoder) ReadRow(ctx context.Context, dst []byte) error {
	if d.lines[0] == nil {
		if err := d.start(ctx); err != nil {
			return err
		}
	}
	for d.decoded < d.mcuRows && d.y >= d.ready() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.decodeRow(); err != nil {
			return err
		}
	}
	d.convertRow(dst, d.y)
	d.y++
	return nil
}

// ready is the number of rows that can be made of what is decoded: upsampling looks one sample row ahead.
func (d *Decoder) ready() int {
	if d.decoded == d.mcuRows {
		return d.height
	}
	return d.decoded*8*d.maxV - d.maxV
}

// decodeRow makes the samples of the next row of MCUs.
func (d *Decoder) decodeRow() error {
	row := d.decoded
	d.decoded++
	if d.multiScan {
		d.transformRow(row)
		return nil
	}
	d.rowWanted = d.wanted(row)
	return d.scan.readRow(d, row)
}

// wanted reports whether a row of MCUs has samples that the window needs.
func (d *Decoder) wanted(row int) bool {
	height := 8 * d.maxV
	return (row+1)*height+d.maxV > d.window.Min.Y && row*height-d.maxV < d.window.Max.Y
}

// Finish reads the rest of the file after the window's last row.
func (d *Decoder) Finish(ctx context.Context) error {
	if d.multiScan {
		return nil // read to its end already
	}
	for d.decoded < d.mcuRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.decodeRow(); err != nil {
			return err
		}
	}
	return d.finishSingle()
}

func divUp(a, b int) int { return (a + b - 1) / b }
