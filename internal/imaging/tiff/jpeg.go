package tiff

import (
	"context"

	"resnet/internal/imaging/jpeg"
)

// jpegReader decodes strips or tiles of JPEG (TIFF technical note 2), each of them a picture whose tables may stand in a
// field of the directory. YCbCr becomes RGB here; all else are samples as they are.
type jpegReader struct {
	tables     []byte
	width      int // of a strip or tile
	components int
	yCbCr      bool
	decoder    *jpeg.Decoder
	left       int // rows of all strips that follow; negative for tiles
}

func (t *File) newJPEG() *jpegReader {
	r := &jpegReader{width: t.tileWidth, components: t.samples.count, yCbCr: t.samples.photometric == photometricYCbCr && !t.planar}
	if r.left = t.Height; t.tiled {
		r.left = -1
	}
	if t.planar {
		r.components = 1
	}
	if f := t.fields[tagJPEGTables]; f.count > 0 {
		const longest = 1 << 16 // all tables that there can be take a tenth of it
		if f.count > longest {
			t.fail(corrupt("JPEG tables of %d bytes", f.count))
			return r
		}
		var err error
		if r.tables, err = t.read(f.at, int(f.count)); err != nil {
			t.fail(err)
		}
	}
	return r
}

// jpegMemory is what a strip or tile allocates at most, in bytes.
func (t *File) jpegMemory() int64 {
	sampling := make([]byte, min(t.samples.count, 4))
	for i := range sampling {
		sampling[i] = 0x44
	}
	return jpeg.Memory(t.tileWidth, t.tileLength, sampling, false) + 64<<10
}

func (r *jpegReader) reset(data []byte, rows int) error {
	d, err := jpeg.NewAbbreviatedDecoder(r.tables, data)
	if err != nil {
		return err
	}
	r.left -= rows
	across, down := d.Sampling(0)
	switch {
	case d.Width() != r.width || d.Height() < rows || d.Height() > rows && r.left != 0: // the last strip may be longer
		return corrupt("a JPEG of %d×%d pixels in a strip or tile of %d×%d", d.Width(), d.Height(), r.width, rows)
	case d.Components() != r.components:
		return corrupt("a JPEG of %d components, want %d", d.Components(), r.components)
	case d.SeveralScans():
		return unsupported("JPEG of several scans")
	case !r.yCbCr && (across != 1 || down != 1):
		return corrupt("a JPEG with sampling factors %d×%d of colours that are not YCbCr", across, down)
	}
	for i := 1; i < r.components; i++ {
		if across, down := d.Sampling(i); across != 1 || down != 1 {
			return corrupt("a JPEG with sampling factors %d×%d of component %d", across, down, i)
		}
	}
	if d.KeepSamples(); r.yCbCr {
		d.AssumeYCbCr()
	}
	r.decoder = d
	return nil
}

func (r *jpegReader) readRow(ctx context.Context, line []byte) error {
	return r.decoder.ReadRow(ctx, line)
}

// end does not look at what follows the last row: libtiff passes over errors there.
func (r *jpegReader) end() error { return nil }
