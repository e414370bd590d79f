package draw

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"resnet/internal/anatomy"
	"resnet/internal/format"
	"resnet/internal/model"
	"resnet/internal/number"
)

// plots are written as other figures are.
var plots = format.New[func(f *Figure, w io.Writer, theme Theme) error]("plots")

func init() {
	plots.Register("svg", (*Figure).WriteSVG)
	plots.Register("png", func(f *Figure, w io.Writer, theme Theme) error { return f.WritePNG(w, theme, plotScale) })
	plots.Register("pdf", (*Figure).WritePDF)
}

// PlotFormats are those of plots: Anatomy, Curves, Responses.
func PlotFormats() []string { return plots.Formats("svg", nil) }

// Anatomy is what the residual branches of a network do, as panels one above the other, along the network.
type Anatomy struct {
	Title     []string // in parts; the first is the network
	Caution   string   // what is to be known before reading it; "" for nothing
	Blocks    []anatomy.Block
	Stem      []anatomy.Response
	Ablations []anatomy.Ablation // of the whole network and of one block each; others are not drawn
}

// Write draws a plot in one of PlotFormats.
func (f *Figure) Write(w io.Writer, name string, theme Theme) error {
	write, err := plots.Writer(name)
	if err != nil {
		return err
	}
	return write(f, w, theme)
}

// panels are those that there are values for.
func (a Anatomy) panels() []plotPanel {
	perBlock := func(p plotPanel, value func(anatomy.Block) float64) plotPanel {
		p.bars = true
		for i, b := range a.Blocks {
			p.points = append(p.points, plotPoint{at: float64(i) + 0.5, value: value(b), stage: b.Stage})
		}
		return p
	}
	without := plotPanel{label: "Probability without a block", bars: true, top: 1,
		meaning: "what is left of it when a block's residual branch adds nothing"}
	for _, ablation := range a.Ablations {
		if len(ablation.Without) == 0 && number.Finite(ablation.Kept) {
			without.mark = &markLine{ablation.Kept, "with all blocks"}
		}
		at := slices.IndexFunc(a.Blocks, func(b anatomy.Block) bool { return len(ablation.Without) == 1 && b.Path == ablation.Without[0] })
		if at >= 0 {
			without.points = append(without.points, plotPoint{at: float64(at) + 0.5, value: ablation.Kept, stage: a.Blocks[at].Stage})
		}
	}
	all := []plotPanel{
		perBlock(plotPanel{label: "‖F(x)‖ / ‖x‖", mark: &markLine{1, "F(x) as large as x"},
			meaning: "how large what the residual branch adds is, beside what the shortcut hands on"}, anatomy.Block.Ratio),
		a.responses(),
		perBlock(plotPanel{label: "Zeros", top: 1, meaning: "the share of a block's outputs that its last ReLU makes 0"},
			func(b anatomy.Block) float64 { return b.Zeros }),
		perBlock(plotPanel{label: "Cosine", top: 1, meaning: "how far a block turns its input: 1 is not at all, 0 is a right angle"},
			func(b anatomy.Block) float64 { return b.Cosine }),
		without,
	}
	return slices.DeleteFunc(all, func(p plotPanel) bool {
		return !slices.ContainsFunc(p.points, func(point plotPoint) bool { return number.Finite(point.value) })
	})
}

// responses are the layers in order, as in figure 7 of He et al. (2015); the stem's stand before the first block.
func (a Anatomy) responses() plotPanel {
	p := plotPanel{label: "Responses", meaning: "the standard deviation of each layer's output behind its batch norm, before ReLU and addition"}
	add := func(list []anatomy.Response, from float64, stage int) {
		for i, r := range list {
			p.points = append(p.points, plotPoint{at: from + (float64(i)+0.5)/float64(len(list)), value: r.Std, stage: stage})
		}
	}
	add(a.Stem, -1, -1)
	for i, b := range a.Blocks {
		add(b.Responses, float64(i), b.Stage)
	}
	return p
}

// Figure lays it out.
func (a Anatomy) Figure() *Figure {
	return plot{
		title: a.Title, caution: a.Caution, panels: a.panels(), slots: len(a.Blocks), stages: a.stages(), stem: len(a.Stem) > 0, least: 7,
		number: func(i int) string {
			_, number := model.SplitBlock(a.Blocks[i].Path)
			return strconv.Itoa(number)
		},
	}.figure()
}

// stages are the spans of blocks whose paths begin alike.
func (a Anatomy) stages() []stageSpan {
	var spans []stageSpan
	for i, b := range a.Blocks {
		name := b.Path[:max(0, strings.LastIndexByte(b.Path, '.'))]
		if last := len(spans) - 1; last >= 0 && spans[last].name == name {
			spans[last].last = i
		} else {
			spans = append(spans, stageSpan{name, b.Stage, i, i})
		}
	}
	return spans
}
