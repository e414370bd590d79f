package draw

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"sync"

	"gonum.org/v1/plot/palette/moreland"

	"resnet/internal/number"
)

// Maps are feature maps in a grid, row by row, on one diverging scale around 0.
type Maps struct {
	Height, Width int
	Values        []float32 // (maps, Height, Width)
	Columns       int       // maps in a row
	Strongest     float64   // the absolute value that the ends of the scale stand for; beyond it colours stay the same
}

// mapsGap is between maps, in pixels; there, and where a value is not finite, a picture is transparent.
const mapsGap = 1

// paletteZero is the index of 0 in the palette of maps; index 0 is transparent.
const paletteZero = 128

// diverging is a scale from blue over grey to red along which lightness changes evenly (Moreland, 2009).
var diverging = sync.OnceValue(func() color.Palette {
	scale := moreland.SmoothBlueRed()
	scale.SetMin(-1)
	scale.SetMax(1)
	table := color.Palette{color.NRGBA{}}
	for i := 1; i < 256; i++ {
		c, err := scale.At(float64(i-paletteZero) / (paletteZero - 1))
		if err != nil {
			panic(err) // every number is between -1 and 1
		}
		table = append(table, color.NRGBAModel.Convert(c))
	}
	return table
})

// Diverging is the colour of a share of the strongest value, from -1 to 1.
func Diverging(share float64) color.Color { return diverging()[divergingIndex(share)] }

func divergingIndex(share float64) uint8 {
	if math.IsNaN(share) { // 0 of a scale of zeros
		share = 0
	}
	return uint8(paletteZero + math.Round((paletteZero-1)*min(max(share, -1), 1)))
}

// Picture has a pixel for each value.
func (m Maps) Picture() *image.Paletted {
	area := m.Height * m.Width
	out := image.NewPaletted(gridBounds(len(m.Values)/area, m.Columns, m.Width, m.Height), diverging())
	for i := range len(m.Values) / area {
		at := gridCell(i, m.Columns, m.Width, m.Height)
		for j, v := range m.Values[i*area:][:area] {
			if number.Finite(v) {
				out.Pix[out.PixOffset(at.X+j%m.Width, at.Y+j/m.Width)] = divergingIndex(float64(v) / m.Strongest)
			}
		}
	}
	return out
}

// gridBounds is the size of a picture of n cells, gridCell the corner of one of them.
func gridBounds(n, columns, width, height int) image.Rectangle {
	columns = min(columns, n)
	rows := (n + columns - 1) / columns
	return image.Rect(0, 0, columns*(width+mapsGap)-mapsGap, rows*(height+mapsGap)-mapsGap)
}

func gridCell(i, columns, width, height int) image.Point {
	return image.Pt(i%columns*(width+mapsGap), i/columns*(height+mapsGap))
}

// Kernels draws the kernels of a network's first convolution, (out, 3, height, width) in the order red, green, blue, as
// pictures in a grid: grey is 0, and the largest absolute value of all is as bright or dark as can be.
func Kernels(values []float32, height, width, columns int) *image.NRGBA {
	area := height * width
	n := len(values) / (3 * area)
	most := 0.0
	for _, v := range values {
		if number.Finite(v) {
			most = max(most, math.Abs(float64(v)))
		}
	}
	out := image.NewNRGBA(gridBounds(n, columns, width, height))
	for i := range n {
		at := gridCell(i, columns, width, height)
		kernel := values[i*3*area:][:3*area]
		for j := range area {
			pixel := out.Pix[out.PixOffset(at.X+j%width, at.Y+j/width):][:4:4]
			pixel[3] = 255
			for c := range 3 {
				v := float64(kernel[c*area+j]) / max(most, math.SmallestNonzeroFloat64)
				if !number.Finite(v) {
					pixel[3] = 0
					break
				}
				pixel[c] = uint8(math.Round(127.5 + 127.5*v))
			}
		}
	}
	return out
}

// PNGURL is a picture inside a document, pixel by pixel.
func PNGURL(im image.Image) (template.URL, error) {
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&b, im); err != nil {
		return "", err
	}
	return dataURL("image/png", b.Bytes()), nil
}

// DataURL is a picture inside a document, as a JPEG.
func DataURL(im image.Image) (template.URL, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 80}); err != nil {
		return "", err
	}
	return dataURL("image/jpeg", b.Bytes()), nil
}

func dataURL(kind string, data []byte) template.URL {
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data))
}
