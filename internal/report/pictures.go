package report

import (
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/anatomy"
	"resnet/internal/draw"
	"resnet/internal/model"
	"resnet/internal/number"
)

// streams are the grids of a block: the shortcut's, the residual branch's, their sum, and what follows.
type streams struct {
	Path, Badge, Facts string
	Channels           []int
	Columns            int
	Names              string // of the channels, in order
	Grids              []grid
	Scale              scale
	Words              string
}

type grid struct {
	Name, Alt string
	URL       template.URL
}

// scale is that of the colours of some maps.
type scale struct {
	Strongest string
	Gradient  template.CSS
}

// newScale is a scale that ends at the largest absolute value of some.
func newScale(all ...[]float32) (strongest float64, s scale) {
	for _, values := range all {
		for _, v := range values {
			if number.Finite(v) {
				strongest = max(strongest, math.Abs(float64(v)))
			}
		}
	}
	return strongest, scale{Strongest: fmt.Sprintf("%.3g", strongest), Gradient: gradient}
}

// gradient is the scale as CSS has it.
var gradient = func() template.CSS {
	var stops []string
	for i := -4; i <= 4; i++ {
		c := color.NRGBAModel.Convert(draw.Diverging(float64(i) / 4)).(color.NRGBA)
		stops = append(stops, fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))
	}
	return template.CSS(strings.Join(stops, ","))
}()

// mostNamed bounds the channels that stand in a sentence; the others are named where they are pointed at.
const mostNamed = 64

// columnsOf is how many of n maps stand in a row, in about a square.
func columnsOf(n int) int { return int(math.Ceil(math.Sqrt(float64(n)))) }

// newStreams draws what a block adds.
func newStreams(s anatomy.Streams, badge, facts string) (streams, error) {
	out := streams{Path: s.Path, Badge: badge, Facts: facts, Channels: s.Channels, Columns: columnsOf(len(s.Channels))}
	var names []string
	for _, c := range s.Channels {
		names = append(names, strconv.Itoa(c))
	}
	out.Names = strings.Join(names, " ")
	var strongest float64
	strongest, out.Scale = newScale(s.X, s.Residual, s.Sum, s.Output)
	shortcut := "x"
	if s.Shortcut != model.ShortcutIdentity {
		shortcut = s.Shortcut + " of x"
	}
	missing := 0
	for _, one := range []struct {
		name   string
		values []float32
	}{{shortcut, s.X}, {"+ F(x)", s.Residual}, {"= sum", s.Sum}, {"after ReLU", s.Output}} {
		picture := draw.Maps{Height: s.Height, Width: s.Width, Values: one.values, Columns: out.Columns, Strongest: strongest}.Picture()
		url, err := draw.PNGURL(picture)
		if err != nil {
			return out, err
		}
		out.Grids = append(out.Grids, grid{one.name, fmt.Sprintf("%s: %s in %d channels", s.Path, one.name, len(s.Channels)), url})
		missing += notFinite(one.values)
	}
	out.Words = fmt.Sprintf("%d of %s channels, %d×%d, the strongest of the sum first: %s.",
		len(s.Channels), number.Thousands(int64(s.Of)), s.Height, s.Width, strings.Join(names, ", "))
	if len(names) > mostNamed {
		out.Words = fmt.Sprintf("%d of %s channels, %d×%d, the strongest of the sum first.", len(s.Channels), number.Thousands(int64(s.Of)), s.Height, s.Width)
	}
	if missing > 0 {
		out.Words += fmt.Sprintf(" %s values are not finite and left blank.", number.Thousands(int64(missing)))
	}
	return out, nil
}

func notFinite(values []float32) (n int) {
	for _, v := range values {
		if !number.Finite(v) {
			n++
		}
	}
	return n
}

// Kernels are those of a network's first convolution.
type Kernels struct {
	Path          string
	Values        []float32 // (out, in, Height, Width), in the order red, green, blue where in is 3
	Height, Width int
	In            int // 1 or 3
}

type kernels struct {
	Path, Words, Alt string
	URL              template.URL
}

// columns of a grid of kernels
const kernelColumns = 16

func newKernels(k *Kernels) (*kernels, error) {
	n := len(k.Values) / (k.In * k.Height * k.Width)
	out := &kernels{Path: k.Path, Alt: fmt.Sprintf("%d kernels of %d×%d", n, k.Height, k.Width)}
	out.Words = fmt.Sprintf("%d kernels of %d×%d pixels, each as the picture that it answers to most: grey is 0, and all are in one scale.", n, k.Height, k.Width)
	var err error
	if k.In == 3 {
		out.URL, err = draw.PNGURL(draw.Kernels(k.Values, k.Height, k.Width, kernelColumns))
	} else {
		strongest, _ := newScale(k.Values)
		out.Words = fmt.Sprintf("%d kernels of %d×%d pixels of one channel, in one scale: blue is below 0, red above.", n, k.Height, k.Width)
		out.URL, err = draw.PNGURL(draw.Maps{Height: k.Height, Width: k.Width, Values: k.Values, Columns: kernelColumns, Strongest: strongest}.Picture())
	}
	return out, err
}

// Reverse turns the order blue, green, red.
func (k *Kernels) Reverse() {
	area := k.Height * k.Width
	for kernel := range slices.Chunk(k.Values, k.In*area) {
		for i := range area {
			kernel[i], kernel[2*area+i] = kernel[2*area+i], kernel[i]
		}
	}
}
