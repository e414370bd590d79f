package cli

import (
	"context"
	"path/filepath"

	"resnet/internal/imaging"
	"resnet/internal/nets"
)

// writePictures writes what preprocessing makes of an image after each step. No more of it than the crop was kept, so the
// others are decoded again.
func (c *classification) writePictures(ctx context.Context, im *nets.Image, seen *nets.Seen) error {
	decoded, resized := c.net.Preprocess, c.net.Preprocess
	decoded.Resize, decoded.Crop, resized.Crop = imaging.Size{}, imaging.Size{}, imaging.Size{}
	for _, step := range []struct {
		name       string
		preprocess imaging.Preprocess
	}{{"decoded", decoded}, {"resized", resized}} {
		picture, err := c.reload(ctx, im, step.preprocess)
		if err == nil {
			err = c.writePicture(im, step.name, picture)
		}
		if err != nil {
			return err
		}
	}
	return c.writePicture(im, "crop", seen.Crop)
}

func (c *classification) writePicture(im *nets.Image, step string, picture *imaging.Crop) error {
	return c.f.writeBelow(filepath.Join(c.opts.pictures, im.Rel)+"."+step+".png", picture.EncodePNG)
}
