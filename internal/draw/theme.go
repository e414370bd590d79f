package draw

import (
	"image/color"
	"math"
)

// Theme is a set of colours.
type Theme string

// The themes. Auto is for SVG, which asks its reader; other formats are light then.
const (
	Auto  Theme = "auto"
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Themes lists the themes, the default first.
func Themes() []string { return []string{string(Auto), string(Light), string(Dark)} }

// ink is a colour by what it is for.
type ink struct {
	role role
	hue  int // of a stage's colours, from 0; they come again after the last
}

type role int

const (
	noInk role = iota
	page       // behind all
	words      // what is to be read first
	soft       // what is to be read second
	faint      // lines without a meaning of their own
	band       // behind a stage
	panel      // behind a block
	fill       // a layer
	edge       // around a layer, and shortcuts
	title      // a stage's name
	shade      // a share of the way from the page to a hue's edge
)

// shades is the number of steps of the way.
const shades = 16

// shadeInk is a tone of a stage's colour for a share from 0, the page, to 1, the strongest on which words can be read.
func shadeInk(share float64, stage int) ink {
	step := int(math.Round(min(max(share, 0), 1) * (shades - 1)))
	return ink{shade, stageInk(edge, stage).hue*shades + step}
}

// stageInk is a colour of a stage; stem and head are -1 and grey.
func stageInk(r role, stage int) ink {
	if stage < 0 {
		return ink{r, 0}
	}
	return ink{r, 1 + stage%(len(hues)-1)}
}

// tones are the colours of one hue, light and dark.
type tones struct{ light, dark map[role]uint32 }

var base = tones{
	light: map[role]uint32{page: 0xffffff, words: 0x1f2328, soft: 0x59636e, faint: 0x818b98},
	dark:  map[role]uint32{page: 0x0d1117, words: 0xf0f6fc, soft: 0xa5adb8, faint: 0x656c76},
}

// hues are the colours of stem and head, then those of stages: tints of Tailwind CSS, and mixtures with the page.
var hues = []tones{
	{ // grey
		light: map[role]uint32{band: 0xf6f8fa, panel: 0xeef1f4, fill: 0xe2e7ec, edge: 0x59636e, title: 0x1f2328},
		dark:  map[role]uint32{band: 0x151b23, panel: 0x1c232c, fill: 0x2a313c, edge: 0x9198a1, title: 0xf0f6fc},
	},
	{ // violet
		light: map[role]uint32{band: 0xf5f3ff, panel: 0xede9fe, fill: 0xddd6fe, edge: 0x7c3aed, title: 0x5b21b6},
		dark:  map[role]uint32{band: 0x1e103e, panel: 0x2c1756, fill: 0x481d8e, edge: 0xa78bfa, title: 0xc4b5fd},
	},
	{ // emerald
		light: map[role]uint32{band: 0xecfdf5, panel: 0xd1fae5, fill: 0xa7f3d0, edge: 0x059669, title: 0x065f46},
		dark:  map[role]uint32{band: 0x081e1c, panel: 0x0a3029, fill: 0x084c3a, edge: 0x34d399, title: 0x6ee7b7},
	},
	{ // orange
		light: map[role]uint32{band: 0xfff7ed, panel: 0xffedd5, fill: 0xfed7aa, edge: 0xea580c, title: 0x9a3412},
		dark:  map[role]uint32{band: 0x28120f, panel: 0x441f14, fill: 0x772b13, edge: 0xfb923c, title: 0xfdba74},
	},
	{ // sky
		light: map[role]uint32{band: 0xf0f9ff, panel: 0xe0f2fe, fill: 0xbae6fd, edge: 0x0284c7, title: 0x075985},
		dark:  map[role]uint32{band: 0x0a2030, panel: 0x0c2e42, fill: 0x08476a, edge: 0x38bdf8, title: 0x7dd3fc},
	},
	{ // rose
		light: map[role]uint32{band: 0xfff1f2, panel: 0xffe4e6, fill: 0xfecdd3, edge: 0xe11d48, title: 0x9f1239},
		dark:  map[role]uint32{band: 0x2c0b18, panel: 0x4a1227, fill: 0x7a1230, edge: 0xfb7185, title: 0xfda4af},
	},
	{ // lime
		light: map[role]uint32{band: 0xf7fee7, panel: 0xecfccb, fill: 0xd9f99d, edge: 0x4d7c0f, title: 0x3f6212},
		dark:  map[role]uint32{band: 0x14200e, panel: 0x223216, fill: 0x324e13, edge: 0xa3e635, title: 0xbef264},
	},
}

// color is an ink in a theme, dark or light.
func (i ink) color(theme Theme) color.RGBA {
	set := func(t tones) map[role]uint32 {
		if theme == Dark {
			return t.dark
		}
		return t.light
	}
	if i.role == shade {
		const strongest = 0.6
		from, to := ink{role: page}.color(theme), ink{edge, i.hue / shades}.color(theme)
		share := strongest * float64(i.hue%shades) / (shades - 1)
		mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + share*(float64(b)-float64(a)))) }
		return color.RGBA{R: mix(from.R, to.R), G: mix(from.G, to.G), B: mix(from.B, to.B), A: 0xff}
	}
	rgb, ok := set(base)[i.role]
	if !ok {
		rgb = set(hues[i.hue])[i.role]
	}
	return color.RGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 0xff}
}
