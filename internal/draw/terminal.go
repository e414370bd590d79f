package draw

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"resnet/internal/cam"
)

// HalfBlocks shows a picture in a terminal of true colour, two pixels a character: the upper one is the letter's colour, the
// lower one that behind it. It has a line for each two rows.
func HalfBlocks(im image.Image) []string {
	b := im.Bounds()
	var lines []string
	for y := b.Min.Y; y < b.Max.Y; y += 2 {
		var line strings.Builder
		for x := b.Min.X; x < b.Max.X; x++ {
			top := color.RGBAModel.Convert(im.At(x, y)).(color.RGBA)
			fmt.Fprintf(&line, "\x1b[38;2;%d;%d;%dm", top.R, top.G, top.B)
			if y+1 < b.Max.Y {
				bottom := color.RGBAModel.Convert(im.At(x, y+1)).(color.RGBA)
				fmt.Fprintf(&line, "\x1b[48;2;%d;%d;%dm", bottom.R, bottom.G, bottom.B)
			}
			line.WriteString("▀")
		}
		lines = append(lines, line.String()+"\x1b[0m")
	}
	return lines
}

// Shades shows a map without colours, a character for each place and two for its width.
func Shades(m cam.Map, strongest float64, unicode bool) []string {
	ramp := []rune(" .:-=+*#%@")
	if unicode {
		ramp = []rune(" ░▒▓█")
	}
	var lines []string
	for y := range m.Height {
		var line strings.Builder
		for x := range m.Width {
			share := float64(m.Values[y*m.Width+x]) / strongest
			step := 0
			if share > 0 {
				step = min(int(min(share, 1)*float64(len(ramp))), len(ramp)-1)
			}
			line.WriteString(strings.Repeat(string(ramp[step]), 2))
		}
		lines = append(lines, line.String())
	}
	return lines
}
