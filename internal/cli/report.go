package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

type reportOptions struct {
	f     *factory
	flags *pflag.FlagSet

	arch     archFlag
	named    bool // the user names the network
	size     sizeFlag
	output   string
	image    string
	channels int
	time     bool
	weights  weightsFlags
	seed     uint64
	engine   engineFlags

	answered error // that ends the command once all is shown: what was said of the photo are no probabilities
}

func newReportCmd(f *factory) *cobra.Command {
	opts := &reportOptions{f: f, channels: 16}
	cmd := &cobra.Command{
		Use:   "report [NET]",
		Short: "Show a network, and what a photo becomes in it, as one web page",
		Long: `Show a network on one web page, a file that needs no other: summary, figure, the table of layers (which
can be searched, sorted and folded), what each layer costs in parameters, multiply-adds and memory, and
its receptive fields.

With --image the page also has what happens to the photo: what the network sees of it and says, with a
class activation map for each of five labels; statistics of each layer; what each residual block adds.
For a block four grids of feature maps stand side by side: what the shortcut carries (x, or its
projection), the residual branch F(x), their sum, and the sum after its ReLU. They show the same
channels in the same order, the strongest of the sum, in one scale of colours around 0. A click on a
map shows it large, and what a place of it sees of the photo, its receptive field.

Nothing is computed without --image, but for --time. The same command writes the same bytes, unless it
has times. Without JavaScript the page can be read and printed as well.`,
		Example: `  resnet report 50 -o resnet50.html
  resnet report 18 --weights r18.pth --image photo.jpg -o report.html
  resnet report resnet18_tiny --weights resnet18_tiny --image photo.jpg --channels 64 -o report.html
  resnet report 34 --time -o resnet34.html`,
		GroupID: groupLook,
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.flags = cmd.Flags()
			name, err := opts.arch.choose(cmd, args)
			if err != nil {
				return err
			}
			opts.named = len(args) > 0 || opts.flags.Changed("arch")
			return runReport(cmd.Context(), opts, name)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	opts.arch.add(cmd)
	flags.Var(&opts.size, "size", "of the input in pixels: `HxW` is height x width, one number a square (default: the network's own)")
	flags.StringVar(&opts.image, "image", "", "show what becomes of an image `FILE`")
	flags.IntVar(&opts.channels, "channels", opts.channels, "feature maps of each block: the `N` strongest channels of its sum")
	flags.BoolVar(&opts.time, "time", false, "time of each step")
	opts.weights.add(cmd)
	flags.Uint64Var(&opts.seed, "seed", 0, "seed `N` of random weights")
	opts.engine.add(cmd)
	flags.StringVarP(&opts.output, "output", "o", "", "write to `FILE.html`")
	return cmd
}

func runReport(ctx context.Context, opts *reportOptions, name string) error {
	if err := opts.check(); err != nil {
		return err
	}
	n, err := opts.f.nets().Open(ctx, netChoice(name, opts.named, opts.weights))
	if err != nil {
		return err
	}
	defer n.Close()
	report, err := opts.report(ctx, n)
	if opts.f.interruptedBy(err) {
		opts.f.interrupted("interrupted: the page was not written")
	}
	if err != nil {
		return err
	}
	if err := opts.f.writeOutput(opts.output, func(w io.Writer) error { return report.Write(w) }); err != nil {
		return err
	}
	return opts.answered
}

// check refuses flags that would do nothing, and numbers that mean nothing.
func (o *reportOptions) check() error {
	switch {
	case !isStdout(o.output) && !hasEnding(o.output, ".html"):
		return usagef("--output %s: it is a web page; want a name that ends in .html", o.output)
	case o.f.outTerminal && isStdout(o.output):
		return usagef("a page is nothing for a terminal; give --output FILE.html")
	case o.channels < 1:
		return usagef("--channels %d: want 1 or more", o.channels)
	case o.flags.Changed("channels") && o.image == "":
		return usagef("--channels goes with --image: it is about feature maps")
	case o.image == "" && !o.time:
		for _, name := range []string{"seed", "threads", "exact", "precision"} {
			if o.flags.Changed(name) {
				return usagef("--%s: without --image or --time nothing is computed", name)
			}
		}
	}
	return o.engine.check(o.f)
}
