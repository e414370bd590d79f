package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/anatomy"
	"resnet/internal/draw"
	"resnet/internal/nets"
	"resnet/internal/render"
)

// anatomyFlags make a trace show what the residual branches do.
type anatomyFlags struct {
	anatomy bool
	ablate  string
	theme   string // of plots
}

func (a *anatomyFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&a.anatomy, "anatomy", false, "what each residual branch adds, and what each layer sees of the input")
	flags.StringVar(&a.ablate, "ablate", "", "predict without the residual branches of `BLOCKS`: layer3.4, or all in turn")
	a.theme = draw.Themes()[0]
	choiceFlag(cmd, flags, &a.theme, "theme", draw.Themes(), "colours of the plots of --anatomy")
}

func (a *anatomyFlags) given() bool { return a.anatomy || a.ablate != "" }

// anatomyFormats are those of the view of an anatomy, with the plots.
func anatomyFormats() []string {
	return append(render.Formats(&render.Anatomy{}), draw.PlotFormats()...)
}

// checkAnatomy refuses flags that would do nothing together.
func (o *traceOptions) checkAnatomy(format string) error {
	if o.flags.Changed("theme") && !(o.anatomy.given() && slices.Contains(draw.PlotFormats(), format)) {
		return usagef("--theme is for the plots of --anatomy: %s", strings.Join(draw.PlotFormats(), ", "))
	}
	if !o.anatomy.given() {
		if slices.Contains(draw.PlotFormats(), format) {
			return usagef("--format %s is for --anatomy; resnet draw draws networks", format)
		}
		return nil
	}
	flag := "--anatomy"
	if !o.anatomy.anatomy {
		flag = "--ablate"
	}
	if !slices.Contains(anatomyFormats(), format) {
		return usagef("--format %s: not of %s", format, flag)
	}
	for _, name := range []string{"columns", "layers", "stats", "time", "save"} {
		if o.flags.Changed(name) {
			return usagef("--%s: not with %s", name, flag)
		}
	}
	plots := slices.Contains(draw.PlotFormats(), format)
	switch {
	case o.flags.Changed("rows") && (plots || !o.anatomy.anatomy || o.rows != "blocks" && o.rows != "layers"):
		return usagef("--rows: of --anatomy, as text, they are blocks or layers")
	case o.shapes && (plots || o.anatomy.ablate != ""):
		return usagef("--shapes: nothing is computed that could be shown")
	case o.shapes && o.rows == "blocks":
		return usagef("--rows blocks: with --shapes there are no values to show")
	case o.anatomy.ablate != "" && o.input.batch != 1:
		return usagef("--ablate is for one image, not a batch of %d", o.input.batch)
	case format != "svg" && plots && o.f.outTerminal && (o.output.file == "" || o.output.file == "-"):
		return usagef("--format %s: this is a terminal; give --output FILE", format)
	}
	return nil
}

// runAnatomy is trace --anatomy and trace --ablate.
func (o *traceOptions) runAnatomy(ctx context.Context, n *nets.Net, t *render.Trace) error {
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	if o.anatomy.ablate != "" {
		if err := n.CheckClassifier(); err != nil {
			return fmt.Errorf("--ablate: %w", err)
		}
	}
	ablations, err := o.anatomy.ablations(n.Graph)
	if err != nil {
		return usageError{err}
	}
	view := &render.Anatomy{Pass: t.Pass}
	if o.anatomy.anatomy && (!o.flags.Changed("rows") || o.rows == "layers") {
		view.Fields = anatomy.Fields(n.Graph.Graph)
		paths := anatomy.PathsOf(n.Graph)
		view.Paths = &paths
	}
	if !o.shapes {
		if err := o.measure(ctx, n, t, view, ablations); err != nil {
			return err
		}
		view.Head = t.Head
	}
	if o.flags.Changed("rows") && o.rows == "layers" {
		view.Blocks, view.Stem = nil, nil
	}
	plots := slices.Contains(draw.PlotFormats(), format)
	err = o.f.writeOutput(o.output.file, func(w io.Writer) error {
		if plots {
			return plot(view).Figure().Write(w, format, draw.Theme(o.anatomy.theme))
		}
		return render.Write(w, view, format, o.f.look(o.output.file, format))
	})
	if err != nil {
		return err
	}
	if plots {
		o.warnCaution(view.Caution())
	}
	return o.answered
}

// warnCaution says what a plot says too, to who has not seen it yet.
func (o *traceOptions) warnCaution(caution string) {
	if caution != "" {
		o.f.warnf("%s", caution)
	}
}

// plot is the view as a picture.
func plot(a *render.Anatomy) draw.Anatomy {
	p := draw.Anatomy{Title: a.Title(), Caution: a.Caution(), Blocks: a.Blocks, Stem: a.Stem}
	if a.Ablations != nil { // the first is of the whole network
		p.Ablations = a.Ablations
		p.Title = append(p.Title, "prob. of "+a.Ablations[0].Label+" without each block's residual branch")
	}
	return p
}

// anatomyHelp is a part of trace's help.
var anatomyHelp = strings.TrimSpace(`
--anatomy shows what the residual branches do to the values: how large F(x) is beside x, the standard
deviation of each layer's response (figure 7 of He et al., 2015), what is 0 after the ReLU, and how much
a block turns its input; and of each layer the receptive field. --rows blocks or layers shows one of
the two; svg, png and pdf are plots, which lay the responses of several networks over each other: NET,NET
or --weights A,B. --ablate compiles the network without the residual branches of
some blocks, each in turn (layer3.4,layer3.5 or all) or together (layer3.4+layer3.5), and shows what
it predicts then: shortcut, projection and last ReLU stay.`)
