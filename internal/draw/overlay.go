package draw

import (
	"image"
	"image/color"
	imagedraw "image/draw"
	"math"
	"sync"

	"gonum.org/v1/plot/palette/moreland"

	"resnet/internal/cam"
	"resnet/internal/imaging"
)

// colours is a scale from black over red to white along which lightness grows evenly (Moreland, 2016).
var colours = sync.OnceValue(func() *[256]color.RGBA {
	var table [256]color.RGBA
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
	return &table
})

// Colour is that of a share of the strongest value; what is not above 0 has the lowest one.
func Colour(share float64) color.RGBA {
	if !(share > 0) { // NaN too
		return colours()[0]
	}
	return colours()[int(math.Round(255*min(share, 1)))]
}

// Overlay lays a map over a photo: its colours run from 0, and what is below, to strongest; a place that has no number has
// none. What the network does not see is faint; a white outline, ticked between the places, parts it from the rest where the
// picture is so large that a pixel is a thin line.
func Overlay(photo *imaging.Image, box cam.Box, m cam.Map, strongest float64) *image.RGBA {
	const (
		opacity     = 0.55
		minOutlined = 100 // pixels of the longer side
	)
	out := image.NewRGBA(image.Rect(0, 0, photo.Width, photo.Height))
	stepX, stepY := float64(m.Width)/(box.MaxX-box.MinX), float64(m.Height)/(box.MaxY-box.MinY)
	for y := range photo.Height {
		row := photo.Row(y)
		py := float64(y) + 0.5
		for x := range photo.Width {
			px := float64(x) + 0.5
			rgb := [3]float64{float64(row[3*x]), float64(row[3*x+1]), float64(row[3*x+2])}
			grey := 0.299*rgb[0] + 0.587*rgb[1] + 0.114*rgb[2]
			dst := out.Pix[out.PixOffset(x, y):][:4:4]
			dst[3] = 255
			if px < box.MinX || px > box.MaxX || py < box.MinY || py > box.MaxY {
				for i, v := range rgb {
					dst[i] = byte(unseen(v, grey))
				}
				continue
			}
			value := m.At((px-box.MinX)*stepX, (py-box.MinY)*stepY)
			c := Colour(value / strongest)
			for i, v := range rgb {
				tone := float64([3]uint8{c.R, c.G, c.B}[i])
				if math.IsNaN(value) {
					tone = grey
				}
				dst[i] = byte((0.5*v+0.5*grey)*(1-opacity) + tone*opacity)
			}
		}
	}
	if max(photo.Width, photo.Height) >= minOutlined {
		outline(out, box, m)
	}
	return out
}

// unseen is a channel of what the network does not see: less colour, and dark, so that a white line stands out from it.
func unseen(v, grey float64) float64 { return 0.45 * (0.6*v + 0.4*grey) }

// outline draws the edge of what a box holds of the picture on its outermost pixels, and on it ticks between the places of
// a map, unless they would stand too close.
func outline(out *image.RGBA, box cam.Box, m cam.Map) {
	left, right := max(int(math.Round(box.MinX)), 0), min(int(math.Round(box.MaxX)), out.Rect.Max.X)-1
	top, bottom := max(int(math.Round(box.MinY)), 0), min(int(math.Round(box.MaxY)), out.Rect.Max.Y)-1
	white := func(x0, y0, x1, y1 int) { // with its ends
		imagedraw.Draw(out, image.Rect(x0, y0, x1+1, y1+1), image.White, image.Point{}, imagedraw.Src)
	}
	white(left, top, right, top)
	white(left, bottom, right, bottom)
	white(left, top, left, bottom)
	white(right, top, right, bottom)
	cellX, cellY := (box.MaxX-box.MinX)/float64(m.Width), (box.MaxY-box.MinY)/float64(m.Height)
	length := int(min(6, cellX/2, cellY/2))
	if length < 2 {
		return
	}
	for i := 1; i < m.Width; i++ {
		x := int(math.Round(box.MinX + float64(i)*cellX))
		white(x, top, x, top+length)
		white(x, bottom-length, x, bottom)
	}
	for i := 1; i < m.Height; i++ {
		y := int(math.Round(box.MinY + float64(i)*cellY))
		white(left, y, left+length, y)
		white(right-length, y, right, y)
	}
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
