package cli

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/draw"
	formats "resnet/internal/format"
	"resnet/internal/nets"
)

type drawOptions struct {
	f     *factory
	flags *pflag.FlagSet

	nets    netsFlag
	size    sizeFlag
	output  outputFlags
	expand  bool
	block   string
	theme   string
	scale   float64
	reading readingFlags
}

func newDrawCmd(f *factory) *cobra.Command {
	opts := &drawOptions{f: f, nets: netsFlag{f: f}, theme: draw.Themes()[0], scale: 2}
	cmd := &cobra.Command{
		Use:   "draw [NET]...",
		Short: "Draw a network, or several side by side, or its blocks",
		Long: `Draw a network: stem, stages and blocks with kernel, planes and stride, the shape on every change, and
the shortcuts: identity solid, projection dashed, pad dotted. Blocks in a row that are alike are drawn
once, with their number; --expand draws each. Nothing is computed.

Several networks stand side by side as in figure 3 of He et al. (2015).

--block PATH draws one block in full, with the shape at every edge; --block variants draws each kind of
block that a network is built of.

svg, png and pdf are pictures. SVG keeps its text as text, and with --theme auto it is light or dark as
its reader prefers; PNG and PDF are light unless --theme says otherwise. mermaid is what GitHub draws
in a document, dot is for Graphviz, text is for the terminal.`,
		Example: `  resnet draw 34 -o resnet34.svg
  resnet draw plain34 34 -o figure3.pdf            side by side
  resnet draw 50 --block layer2.0                  one block, in the terminal
  resnet draw 50 --block variants -o blocks.png    each kind of block
  resnet draw 34 --format mermaid                  for a README`,
		GroupID: groupLook,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.flags = cmd.Flags()
			if err := opts.nets.choose(cmd, args); err != nil {
				return err
			}
			return runDraw(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	opts.nets.add(cmd)
	flags.Var(&opts.size, "size", "of the input in pixels: `HxW` is height x width, one number a square (default: the network's own)")
	flags.BoolVar(&opts.expand, "expand", false, "draw every block, not ×N for those that are alike")
	flags.StringVar(&opts.block, "block", "", "draw the block at `PATH` in full, or variants: each kind of block")
	choiceFlag(cmd, flags, &opts.theme, "theme", draw.Themes(), "colours of a picture")
	numberFlag(flags, &opts.scale, "scale", draw.MinScale, draw.MaxScale, "`N` pixels of a PNG for one of SVG")
	opts.reading.add(cmd)
	opts.output.add(cmd, draw.Formats()...)
	completeBlocks(cmd, f)
	return cmd
}

func runDraw(ctx context.Context, opts *drawOptions) error {
	format, err := opts.check()
	if err != nil {
		return err
	}
	d := draw.Drawing{Expand: opts.expand, Block: opts.block}
	for _, name := range opts.nets.names {
		n, err := opts.f.nets().OpenGraph(ctx, opts.reading.choice(name))
		if err != nil {
			return err
		}
		input := shapeFlags{batch: 1, size: opts.size}
		shape, err := input.shape(n)
		if err != nil {
			return err
		}
		net, err := draw.NewNet(n.Graph, shape)
		if err != nil {
			return err
		}
		d.Nets = append(d.Nets, net)
	}
	if n := draw.Edges(d); format == "mermaid" && n > draw.MaxMermaidEdges {
		opts.f.warnf("%d edges are more than the %d that GitHub draws", n, draw.MaxMermaidEdges)
	}
	look := opts.f.look(opts.output.file, format)
	style := draw.Style{
		Theme: draw.Theme(opts.theme), Scale: opts.scale,
		Width: look.Width, Color: look.Color, Unicode: look.Unicode,
	}
	return opts.f.writeOutput(opts.output.file, func(w io.Writer) error { return draw.Write(w, d, format, style) })
}

// check refuses flags that would do nothing together, and returns the format.
func (o *drawOptions) check() (format string, err error) {
	if format, err = o.output.formatName(); err != nil {
		return "", err
	}
	for name, formats := range map[string][]string{"theme": {"svg", "png", "pdf"}, "scale": {"png"}} {
		if o.flags.Changed(name) && !slices.Contains(formats, format) {
			return "", usagef("--%s is for %s, not for %s", name, strings.Join(formats, ", "), format)
		}
	}
	switch toTerminal := o.f.outTerminal && (o.output.file == "" || o.output.file == "-"); {
	case toTerminal && formats.Binary(format):
		return "", usagef("--format %s: this is a terminal; give --output FILE", format)
	case o.expand && o.block != "":
		return "", usagef("--expand is for whole networks, --block for one block")
	}
	return format, nil
}

// completeBlocks makes the shell complete --block with the paths of the network's blocks.
func completeBlocks(cmd *cobra.Command, f *factory) {
	complete := func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		words := []string{draw.Variants}
		name := nets.DefaultNet
		if len(args) > 0 {
			name = args[0]
		}
		if n, err := f.nets().OpenGraph(cmd.Context(), nets.Choice{Net: name}); err == nil {
			for _, stage := range n.Graph.Stages {
				for _, b := range stage.Blocks {
					words = append(words, b.Path)
				}
			}
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc("block", complete); err != nil {
		panic(err) // the flag was just added
	}
}
