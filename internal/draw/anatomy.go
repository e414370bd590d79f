package draw

import (
	"bytes"
	"encoding/xml"
	"image/color"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	_ "gonum.org/v1/plot/vg/vgimg" // png
	_ "gonum.org/v1/plot/vg/vgpdf"
	_ "gonum.org/v1/plot/vg/vgsvg"

	"resnet/internal/anatomy"
	"resnet/internal/format"
)

// plots are written by what finishes the bytes of gonum's canvas of that format; nil: they are finished.
var plots = format.New[func(picture []byte, title string, strips []strip) []byte]("plots")

func init() {
	plots.Register("svg", finishSVG)
	plots.Register("png", nil)
	plots.Register("pdf", nil)
}

// PlotFormats are those of an Anatomy.
func PlotFormats() []string { return plots.Formats("svg", nil) }

// Anatomy is what the residual branches of a network do, as pictures one above the other, along the network.
type Anatomy struct {
	Title     []string // in parts, between which it may be broken
	Blocks    []anatomy.Block
	Stem      []anatomy.Response
	Ablations []anatomy.Ablation // of one block each; others are not drawn
}

// strip is one of the pictures.
type strip struct {
	label  string
	values []float64 // of each block, or of each response
	names  []string
	bars   bool
	top    float64 // of the axis where it is known; 0: as the values are
}

// Sizes, in points.
const (
	plotLeast    = 560.0
	plotPerStep  = 15.0
	stripHeight  = 150.0
	stripSpace   = 8.0
	titleLeading = 16.0
	titleMargin  = 10.0
)

var (
	plotInk  = color.RGBA{0x1f, 0x23, 0x28, 255}
	plotSoft = color.RGBA{0x59, 0x63, 0x6e, 255}
	plotBar  = color.RGBA{0x02, 0x84, 0xc7, 255}
)

// Write draws it in one of PlotFormats.
func (p Anatomy) Write(w io.Writer, name string) error {
	finish, err := plots.Writer(name)
	if err != nil {
		return err
	}
	strips := p.strips()
	steps := 0
	for _, s := range strips {
		steps = max(steps, len(s.values))
	}
	width := vg.Length(max(plotLeast, plotPerStep*float64(min(steps, 200))))
	lines := len(p.titleLines(width - 2*titleMargin))
	height := vg.Length(12 + titleLeading*float64(lines) + float64(len(strips))*(stripHeight+stripSpace))
	undated()
	canvas, err := vgdraw.NewFormattedCanvas(width, height, name)
	if err != nil {
		return err
	}
	all := vgdraw.New(canvas)
	all.SetColor(color.White)
	all.Fill(all.Rectangle.Path())
	var rows [][]*plot.Plot
	for _, s := range strips {
		one, err := s.plot(width)
		if err != nil {
			return err
		}
		rows = append(rows, []*plot.Plot{one})
	}
	p.place(all, rows)
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return err
	}
	picture := out.Bytes()
	if finish != nil {
		picture = finish(picture, strings.Join(p.Title, " · "), strips)
	}
	_, err = w.Write(picture)
	return err
}

// undated makes PDFs the same file each time: gonum's canvas leaves their dates to the library's defaults.
var undated = sync.OnceFunc(func() {
	fpdf.SetDefaultCatalogSort(true)
	fpdf.SetDefaultCreationDate(time.Unix(0, 0).UTC())
	fpdf.SetDefaultModificationDate(time.Unix(0, 0).UTC())
})

// finishSVG puts in a title and a description, for those who don't see it, and fonts for those who lack the first.
func finishSVG(svg []byte, title string, strips []strip) []byte {
	var labels []string
	for _, s := range strips {
		labels = append(labels, s.label)
	}
	var words bytes.Buffer
	words.WriteString("<title>")
	xml.EscapeText(&words, []byte(title))
	words.WriteString("</title>\n<desc>Along the network: ")
	xml.EscapeText(&words, []byte(strings.Join(labels, "; ")))
	words.WriteString(".</desc>\n")
	svg = bytes.ReplaceAll(svg, []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;"))
	head := bytes.Index(svg, []byte("<svg"))
	head += bytes.IndexByte(svg[head:], '>') + 1
	return slices.Concat(svg[:head], []byte("\n"), words.Bytes(), svg[head:])
}

// place draws the title and below it the strips, their axes one above the other.
func (p Anatomy) place(all vgdraw.Canvas, rows [][]*plot.Plot) {
	style := titleStyle()
	y := all.Max.Y - 6
	for _, line := range p.titleLines(all.Max.X - all.Min.X - 2*titleMargin) {
		all.FillText(style, vg.Point{X: all.Min.X + titleMargin, Y: y}, line)
		y -= titleLeading
	}
	tiles := vgdraw.Tiles{Rows: len(rows), Cols: 1, PadY: stripSpace, PadRight: 12, PadLeft: 4, PadBottom: 4}
	for i, row := range plot.Align(rows, tiles, vgdraw.Crop(all, 0, 0, 0, y-all.Max.Y)) {
		rows[i][0].Draw(row[0])
	}
}

func titleStyle() vgdraw.TextStyle {
	style := sans(plot.New().Title.TextStyle, plotInk, 12)
	style.XAlign, style.YAlign = vgdraw.XLeft, vgdraw.YTop
	return style
}

// titleLines breaks the title between its parts.
func (p Anatomy) titleLines(width vg.Length) []string {
	style := titleStyle()
	var lines []string
	for _, part := range p.Title {
		if last := len(lines) - 1; last >= 0 && style.Width(lines[last]+" · "+part) <= width {
			lines[last] += " · " + part
			continue
		}
		lines = append(lines, part)
	}
	return lines
}

// sans is a style in Liberation Sans, which is part of the binary.
func sans(style vgdraw.TextStyle, ink color.Color, size vg.Length) vgdraw.TextStyle {
	style.Font.Variant, style.Font.Size, style.Color = "Sans", size, ink
	return style
}

// strips are the pictures that there are values for.
func (p Anatomy) strips() []strip {
	var strips []strip
	perBlock := func(label string, top float64, value func(anatomy.Block) float64) {
		s := strip{label: label, bars: true, top: top}
		finite := false
		for _, b := range p.Blocks {
			v := value(b)
			finite = finite || isFinite(v)
			s.values, s.names = append(s.values, v), append(s.names, b.Path)
		}
		if finite {
			strips = append(strips, s)
		}
	}
	perBlock("‖F(x)‖ / ‖x‖", 0, anatomy.Block.Ratio)
	if responses := p.responses(); len(responses.values) > 0 {
		strips = append(strips, responses)
	}
	perBlock("zeros after ReLU", 1, func(b anatomy.Block) float64 { return b.Zeros })
	perBlock("cosine of in and out", 1, func(b anatomy.Block) float64 { return b.Cosine })
	dropped := strip{label: "prob. without block", bars: true, top: 1}
	for _, a := range p.Ablations {
		if len(a.Without) == 1 {
			dropped.values, dropped.names = append(dropped.values, a.Kept), append(dropped.names, a.Without[0])
		}
	}
	if len(dropped.values) > 0 {
		strips = append(strips, dropped)
	}
	return strips
}

// responses are the layers in order, as in figure 7 of He et al. (2015).
func (p Anatomy) responses() strip {
	s := strip{label: "std of responses"}
	add := func(list []anatomy.Response) {
		for _, r := range list {
			s.values, s.names = append(s.values, r.Std), append(s.names, r.Path[:max(0, strings.LastIndexByte(r.Path, '.'))])
		}
	}
	if len(p.Blocks) == 0 {
		return s
	}
	add(p.Stem)
	for _, b := range p.Blocks {
		add(b.Responses)
	}
	return s
}

func (s strip) plot(width vg.Length) (*plot.Plot, error) {
	p := plot.New()
	p.Y.Label.Text = s.label
	p.Y.Min, p.Y.Max = 0, s.top
	p.X.Tick.Label, p.Y.Tick.Label = sans(p.X.Tick.Label, plotSoft, 9), sans(p.Y.Tick.Label, plotSoft, 9)
	p.Y.Label.TextStyle = sans(p.Y.Label.TextStyle, plotInk, 10)
	p.X.Color, p.Y.Color = plotSoft, plotSoft
	var points plotter.XYs
	for i, v := range s.values {
		if isFinite(v) {
			points = append(points, plotter.XY{X: float64(i), Y: v})
		}
	}
	room := (width - 60) / vg.Length(max(len(s.values), 1))
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	p.Add(grid)
	if s.bars {
		for _, point := range points { // a bar for each, for some may be missing
			bar, err := plotter.NewBarChart(plotter.Values{point.Y}, max(1, min(room*0.7, 18)))
			if err != nil {
				return nil, err
			}
			bar.XMin, bar.Color, bar.LineStyle.Width = point.X, plotBar, 0
			p.Add(bar)
		}
	} else if len(points) > 0 {
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.Color, dots.Color, dots.Shape, dots.Radius = plotBar, plotBar, vgdraw.CircleGlyph{}, 2
		p.Add(line, dots)
	}
	p.X.Min, p.X.Max = -0.7, float64(len(s.values))-0.3
	p.Y.Min = min(p.Y.Min, 0)
	if s.top > 0 {
		p.Y.Max = max(p.Y.Max, s.top)
	} else {
		p.Y.Max *= 1.05
	}
	p.X.Tick.Marker = s.ticks(room)
	p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = math.Pi/2, vgdraw.XRight, vgdraw.YCenter
	return p, nil
}

// ticks names as many places as there is room for; a name that comes again stands once.
func (s strip) ticks(room vg.Length) plot.ConstantTicks {
	every := max(1, int(math.Ceil(float64(13/room))))
	var ticks plot.ConstantTicks
	last, free := "", 0
	for i, name := range s.names {
		if name == "" {
			name = "stem"
		}
		tick := plot.Tick{Value: float64(i)}
		if name != last && i >= free {
			tick.Label = name + " " // so that it does not touch its mark
			free = i + every
		}
		last = name
		ticks = append(ticks, tick)
	}
	return ticks
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
