package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/config"
	"resnet/internal/draw"
	"resnet/internal/format"
	"resnet/internal/model"
	"resnet/internal/paths"
	"resnet/internal/printable"
	"resnet/internal/train"
)

type curvesOptions struct {
	f      *factory
	flags  *pflag.FlagSet
	output outputFlags
	theme  string
}

func newCurvesCmd(f *factory) *cobra.Command {
	opts := &curvesOptions{f: f, theme: draw.Themes()[0]}
	cmd := &cobra.Command{
		Use:   "curves RUN...",
		Short: "Draw how the error of trained networks fell: plain ones beside residual ones",
		Long: `Draw the errors of runs that resnet train has written, over their epochs: the paper's figures 1 and 6. Plain
networks have a panel and residual ones another, on one axis; the test's errors are solid, those in training
dashed, deeper networks bolder, and the epochs at which the learning rate falls are marked.

RUN is the folder of a run, or one that holds several. A run that is not done yet is drawn as far as it is.

svg, png and pdf are pictures; text is for the terminal, each run by itself.`,
		Example: `  resnet curves run                       in the terminal
  resnet curves run -o degradation.svg
  resnet curves run/plain20_cifar run/plain56_cifar -o plain.png`,
		GroupID: groupLook,
		Args:    needArgs("the folder of a RUN"),
		RunE:    func(cmd *cobra.Command, args []string) error { return runCurves(cmd.Context(), opts, args) },
	}
	opts.flags = cmd.Flags()
	opts.flags.SortFlags = false
	choiceFlag(cmd, opts.flags, &opts.theme, "theme", draw.Themes(), "colours of a picture")
	opts.output.add(cmd, draw.CurveFormats()...)
	return cmd
}

func runCurves(ctx context.Context, o *curvesOptions, args []string) error {
	name, err := o.output.formatName()
	if err != nil {
		return err
	}
	switch {
	case name == "text" && o.flags.Changed("theme"):
		return usagef("--theme is for %s, not for text", strings.Join(draw.PlotFormats(), ", "))
	case o.f.outTerminal && isStdout(o.output.file) && format.Binary(name):
		return usagef("--format %s: this is a terminal; give --output FILE", name)
	}
	curves, err := o.curves(ctx, args)
	if err != nil {
		return err
	}
	look := o.f.look(o.output.file, name)
	style := draw.Style{Theme: draw.Theme(o.theme), Width: look.Width, Color: look.Color, Unicode: look.Unicode}
	return o.f.writeOutput(o.output.file, func(w io.Writer) error { return curves.Write(w, name, style) })
}

// curveRun is a run that is drawn.
type curveRun struct {
	draw.Curve
	plain bool
}

// curves reads the runs.
func (o *curvesOptions) curves(ctx context.Context, args []string) (*draw.Curves, error) {
	var runs []curveRun
	var read []string // their files
	for _, arg := range args {
		dirs, err := runFolders(o.f.path(arg), arg)
		if err != nil || len(dirs) == 0 {
			return nil, usagef("%s: there is no run; want a folder that train wrote", arg)
		}
		for _, dir := range dirs {
			path := paths.WithoutLinks(absolute(o.f.path(filepath.Join(dir, configFile))))
			if slices.Contains(read, path) {
				return nil, usagef("%s is there twice", printable.Name(dir))
			}
			read = append(read, path)
			run, err := o.read(ctx, dir)
			if err != nil {
				return nil, err
			}
			if len(run.Points) == 0 {
				o.f.warnf("%s: no epoch is done yet", dir)
				continue
			}
			runs = append(runs, *run)
		}
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("no run has an epoch that is done: there is nothing to draw")
	}
	slices.SortStableFunc(runs, func(a, b curveRun) int { return a.Depth - b.Depth })
	longest := 0
	for _, r := range runs {
		longest = max(longest, r.Points[len(r.Points)-1].Epoch)
	}
	length := fmt.Sprintf("%s; the paper about %d", plural(longest, "epoch", "epochs"), train.PaperEpochs)
	c := &draw.Curves{Title: []string{"Error while training", length}}
	for _, kind := range []struct {
		title string
		plain bool
	}{{"Plain", true}, {"Residual", false}} {
		panel := draw.CurvePanel{Title: kind.title}
		for _, r := range runs {
			if r.plain == kind.plain {
				panel.Runs = append(panel.Runs, r.Curve)
			}
		}
		if len(panel.Runs) > 0 {
			c.Panels = append(c.Panels, panel)
		}
	}
	return c, nil
}

// read reads one run.
func (o *curvesOptions) read(ctx context.Context, dir string) (*curveRun, error) {
	values, err := config.ReadValues(ctx, filepath.Join(o.f.path(dir), configFile), configNames())
	if err != nil {
		return nil, err
	}
	net, err := (&trainConfig{net: values[configNet], dir: dir}).open(ctx, o.f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	epochs, err := train.ReadMetrics(filepath.Join(o.f.path(dir), train.MetricsFile))
	if err != nil {
		return nil, err
	}
	run := &curveRun{plain: net.Arch.Spec.Shortcut == model.ShortcutNone}
	run.Name = strings.TrimSuffix(net.Arch.Spec.Title(), " (CIFAR)")
	run.Depth, _ = net.Arch.Spec.WeightedLayers()
	run.Points = curvePoints(epochs)
	return run, nil
}

// curvePoints are epochs as they are drawn.
func curvePoints(epochs []train.Epoch) (points []draw.CurvePoint) {
	for _, e := range epochs {
		points = append(points, draw.CurvePoint{Epoch: e.Epoch, Rate: e.Rate, Train: e.TrainError, Test: e.TestError})
	}
	return points
}
