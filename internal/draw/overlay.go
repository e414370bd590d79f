package draw

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/palette/moreland"

	"resnet/internal/cam"
	"resnet/internal/imaging"
)

// colours is a scale from black over red to white along which lightness grows evenly (Moreland, 2016).
var colours = func() (table [256]color.RGBA) {
	scale := moreland.ExtendedBlackBody()
	scale.SetMin(0)
	scale.SetMax(1)
	for i := range table {
		c, err := scale.At(float64(i) / 255)
		if err != nil {
			panic(err) // every number is between 0 and 1
		}
		table[i] = color.RGBAModel.Convert(c).(color.RGBA)
	}
	return table
}()

// Colour is that of a share of the strongest value; what is not above 0 has the lowest one.
func Colour(share float64) color.RGBA {
	if !(share > 0) { // NaN too
		return colours[0]
	}
	return colours[int(math.Round(255*min(share, 1)))]
}

// Overlay lays a map over a photo: its colours run from 0, and what is below, to strongest. What the network does not see
// is dark.
func Overlay(photo *imaging.Image, box cam.Box, m cam.Map, strongest float64) *image.RGBA {
	const (
		opacity = 0.55
		unseen  = 0.35
	)
	out := image.NewRGBA(image.Rect(0, 0, photo.Width, photo.Height))
	stepX, stepY := float64(m.Width)/(box.MaxX-box.MinX), float64(m.Height)/(box.MaxY-box.MinY)
	for y := range photo.Height {
		row := photo.Row(y)
		py := float64(y) + 0.5
		for x := range photo.Width {
			px := float64(x) + 0.5
			r, g, b := float64(row[3*x]), float64(row[3*x+1]), float64(row[3*x+2])
			grey := 0.299*r + 0.587*g + 0.114*b
			dst := out.Pix[out.PixOffset(x, y):][:4:4]
			dst[3] = 255
			if px < box.MinX || px > box.MaxX || py < box.MinY || py > box.MaxY {
				dst[0], dst[1], dst[2] = byte(grey*unseen), byte(grey*unseen), byte(grey*unseen)
				continue
			}
			c := Colour(m.At((px-box.MinX)*stepX, (py-box.MinY)*stepY) / strongest)
			for i, v := range [3]float64{r, g, b} {
				tone := [3]uint8{c.R, c.G, c.B}[i]
				dst[i] = byte((0.5*v+0.5*grey)*(1-opacity) + float64(tone)*opacity)
			}
		}
	}
	return out
}

// Picture is a photo as the standard library has it.
func Picture(photo *imaging.Image) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, photo.Width, photo.Height))
	for i := range photo.Width * photo.Height {
		copy(out.Pix[4*i:4*i+3], photo.Pix[3*i:3*i+3])
		out.Pix[4*i+3] = 255
	}
	return out
}
