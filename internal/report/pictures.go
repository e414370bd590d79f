package report

import (
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"resnet/internal/anatomy"
	"resnet/internal/draw"
	"resnet/internal/graph"
	"resnet/internal/imaging"
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
	Field              *field // what places of the block see; nil where none is shown
}

type grid struct {
	Name, Words, Alt string
	URL              template.URL
	Fine             bool // it has more pixels than a page has for it
}

// finePixels is the width of a picture from which on it is Fine, where four stand side by side.
const finePixels = 300

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
	return strongest, scale{Strongest: fmt.Sprintf("%.3g", strongest), Gradient: gradient()}
}

// gradient is the scale as CSS has it.
var gradient = sync.OnceValue(func() template.CSS {
	var stops []string
	for i := -4; i <= 4; i++ {
		c := color.NRGBAModel.Convert(draw.Diverging(float64(i) / 4)).(color.NRGBA)
		stops = append(stops, fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))
	}
	return template.CSS(strings.Join(stops, ","))
})

// mostNamed bounds the channels that stand in a sentence; the others are named where they are pointed at.
const mostNamed = 64

// columnsOf is how many of n maps stand in a row: in about a square, but for very few.
func columnsOf(n int) int { return max(min(n, 3), int(math.Ceil(math.Sqrt(float64(n))))) }

// plane is what a grid shows: some channels of a tensor, (channels, height, width).
type plane struct {
	name, words string
	values      []float32
}

// newStreams draws what a block adds; order says how its channels were chosen.
func newStreams(s anatomy.Streams, order string) (streams, error) {
	shortcut := "x"
	if s.Shortcut != model.ShortcutIdentity {
		shortcut = s.Shortcut + " of x"
	}
	if order == Strongest {
		order = "the strongest of the sum first"
	}
	maps := FeatureMaps{Channels: s.Channels, Of: s.Of, Height: s.Height, Width: s.Width}
	return newGrids(s.Path, maps, order,
		plane{shortcut, "what the shortcut carries", s.X}, plane{"+ F(x)", "what the residual branch computes", s.Residual},
		plane{"= sum", "before the block's last ReLU", s.Sum}, plane{"after ReLU", "what the block hands on", s.Output})
}

// newGrids draws the same channels of some tensors, in one scale.
func newGrids(path string, m FeatureMaps, order string, planes ...plane) (streams, error) {
	out := streams{Path: path, Channels: m.Channels, Columns: columnsOf(len(m.Channels))}
	var names []string
	for _, c := range m.Channels {
		names = append(names, strconv.Itoa(c))
	}
	out.Names = strings.Join(names, " ")
	var all [][]float32
	for _, p := range planes {
		all = append(all, p.values)
	}
	strongest, scale := newScale(all...)
	out.Scale = scale
	missing := 0
	for _, p := range planes {
		picture := draw.Maps{Height: m.Height, Width: m.Width, Values: p.values, Columns: out.Columns, Strongest: strongest}.Picture()
		url, err := draw.PNGURL(picture)
		if err != nil {
			return out, err
		}
		out.Grids = append(out.Grids, grid{
			p.name, p.words, fmt.Sprintf("%s: %s in %d channels", path, p.name, len(m.Channels)), url, picture.Rect.Dx() > finePixels*4/len(planes),
		})
		missing += notFinite(p.values)
	}
	out.Words = fmt.Sprintf("%s of %s channels, %d×%d, %s", number.Thousands(int64(len(m.Channels))), number.Thousands(int64(m.Of)), m.Height, m.Width, order)
	if len(names) <= mostNamed && order != InOrder {
		out.Words += ": " + strings.Join(names, ", ")
	}
	out.Words += "."
	if missing > 0 {
		out.Words += fmt.Sprintf(" %s values are not finite and left blank.", number.Thousands(int64(missing)))
	}
	return out, nil
}

// How channels are ordered, in words.
const (
	InOrder   = "in the network's order"
	Strongest = "the strongest first"
)

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

// ReadKernels reads those of a network's first convolution, which sees pixels in an order (imaging.OrderBGR); nil where they
// can't be seen as pictures.
func ReadKernels(g *graph.Graph, weights graph.Weights, order string) (*Kernels, error) {
	i := slices.IndexFunc(g.Calls, func(c graph.Call) bool { return c.Kind() == graph.Convolution })
	if i < 0 {
		return nil, nil
	}
	conv, ok := g.Calls[i].Op.(graph.Conv)
	if !ok || conv.In != 1 && conv.In != 3 {
		return nil, nil
	}
	k := &Kernels{Path: g.Calls[i].Path, Height: conv.Kernel, Width: conv.Kernel, In: conv.In}
	k.Values = make([]float32, conv.Out*conv.In*conv.Kernel*conv.Kernel)
	if err := weights.Read(k.Path+".weight", k.Values); err != nil {
		return nil, err
	}
	if order == imaging.OrderBGR {
		k.reverse()
	}
	return k, nil
}

// reverse turns the order blue, green, red.
func (k *Kernels) reverse() {
	area := k.Height * k.Width
	for kernel := range slices.Chunk(k.Values, k.In*area) {
		for i := range area {
			kernel[i], kernel[2*area+i] = kernel[2*area+i], kernel[i]
		}
	}
}
