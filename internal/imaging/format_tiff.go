package imaging

import (
	"context"
	"image"

	"resnet/internal/imaging/tiff"
)

func tiffConfig(s source) (Config, error) {
	f, err := tiff.Parse(s, s.size)
	if err != nil {
		return Config{}, err
	}
	tile := image.Pt(f.Tile())
	return Config{Width: f.Width, Height: f.Height, Orientation: f.Orientation(), memory: f.Memory(), tile: tile}, nil
}

func openTIFF(j *job) (rows, error) {
	d, err := tiff.NewDecoder(j.data)
	if err != nil {
		return nil, err
	}
	if w := d.Warning(); w != "" {
		j.opts.warn(w)
	}
	return tiffRows{j.ctx, d}, nil
}

type tiffRows struct {
	ctx context.Context
	*tiff.Decoder
}

func (r tiffRows) row(dst []byte, y int) error { return r.ReadRow(r.ctx, dst, y) }
func (r tiffRows) finish() error               { return r.Finish(r.ctx) }
