package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/render"
)

// orientations are EXIF's values in words.
var orientations = map[int]string{
	2: "mirrored left to right", 3: "turned by 180°", 4: "mirrored top to bottom", 5: "mirrored along the main diagonal",
	6: "turned right by 90°", 7: "mirrored along the other diagonal", 8: "turned left by 90°",
}

// explain is the way of one image through preprocessing.
func explain(p imaging.Preprocess, c *imaging.Crop) []render.Step {
	s := c.Steps
	orientation := "as stored"
	if s.Orientation != 1 {
		orientation = fmt.Sprintf("%d: %s, %d×%d", s.Orientation, orientations[s.Orientation], s.Decoded.X, s.Decoded.Y)
	}
	rule := fmt.Sprintf("shorter side to %v", p.Resize)
	switch {
	case p.Resize.IsZero():
		rule = "not at all"
	case p.Resize.Width != 0:
		rule = "to exactly this size"
	}
	return []render.Step{
		{Name: "decoded", Text: fmt.Sprintf("%d×%d %s", s.Stored.X, s.Stored.Y, s.Format)},
		{Name: "orientation", Text: orientation},
		{Name: "resized", Text: fmt.Sprintf("%d×%d, %s, %s", s.Resized.X, s.Resized.Y, rule, p.Interpolation)},
		{Name: "crop", Text: fmt.Sprintf("%d×%d at x %d, y %d", s.Crop.Dx(), s.Crop.Dy(), s.Crop.Min.X, s.Crop.Min.Y)},
		{Name: "tensor", Text: fmt.Sprintf("[1, 3, %d, %d] float32: %s", s.Crop.Dy(), s.Crop.Dx(), formula(p))},
		{Name: "mean", Text: fmt.Sprint(p.Mean)},
		{Name: "std", Text: fmt.Sprint(p.Std)},
	}
}

// formula is what becomes of a value.
func formula(p imaging.Preprocess) string {
	words := "(value/255 - mean) / std"
	if p.Range == 255 {
		words = "(value - mean) / std"
	}
	if p.Order == imaging.OrderBGR {
		words += ", blue first"
	}
	return words
}

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
