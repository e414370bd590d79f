package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"resnet/internal/config"
	"resnet/internal/engine"
	"resnet/internal/hooks"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/printable"
	"resnet/internal/train"
	"resnet/internal/weights"
)

func runTrain(ctx context.Context, o *trainOptions) error {
	if err := o.engine.check(o.f); err != nil {
		return err
	}
	runs, err := o.runs(ctx)
	if err != nil {
		return err
	}
	team := engine.NewTeam(o.engine.threads)
	defer team.Close()
	begun := o.resume != ""
	for _, c := range runs {
		t := &training{f: o.f, config: c, many: len(runs) > 1, plots: o.plot, fresh: o.resume == "", team: team}
		t.begin = func() error {
			if begun {
				return nil
			}
			begun = true
			return o.begin(ctx, runs)
		}
		err := t.run(ctx)
		if o.f.interruptedBy(err) {
			o.f.interrupted(t.interrupted(begun, cmp.Or(o.resume, o.out)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// runs are those to be begun, or to go on with.
func (o *trainOptions) runs(ctx context.Context) ([]*trainConfig, error) {
	if o.resume != "" {
		if o.out != "" && absolute(o.f.path(o.out)) != absolute(o.f.path(o.resume)) {
			return nil, usagef("a run goes on where it is: leave out -o %s, or --resume", o.out)
		}
		return o.resumedRuns(ctx)
	}
	switch {
	case len(o.names) == 0:
		return nil, usagef("train needs a network, NET, or --resume RUN")
	case o.data == "":
		return nil, usagef("train needs --data PATH, photos of classes")
	case o.out == "":
		return nil, usagef("train needs -o RUN, a folder")
	}
	if _, err := o.newFolder(ctx); err != nil {
		return nil, err
	}
	if len(o.freeze) > 0 && o.init == "" {
		o.f.warnf("--freeze %s: without --init they stay random", strings.Join(o.freeze, ","))
	}
	var runs []*trainConfig
	for _, name := range o.names {
		net, err := o.f.nets().OpenGraph(ctx, nets.Choice{Net: name})
		if err != nil {
			return nil, err
		}
		dir := o.out
		if len(o.names) > 1 {
			dir = filepath.Join(o.out, net.Arch.Name)
		}
		if slices.ContainsFunc(runs, func(c *trainConfig) bool { return c.dir == dir }) {
			return nil, usagef("%s is there twice", name)
		}
		if net.Arch.Path != "" || !net.Builtin() {
			name = absolute(o.f.path(name))
		} else {
			name = net.Arch.Name
		}
		c := o.config(name, max(net.Arch.Spec.Input[1], net.Arch.Spec.Input[2]), dir)
		if err := o.check(ctx, c, net); err != nil {
			return nil, err
		}
		runs = append(runs, c)
	}
	if _, err := os.Stat(runs[0].data); err != nil {
		return nil, usagef("--data %s: %w", o.data, bare(err))
	}
	return runs, nil
}

// check refuses what a run could not begin with, before there is a folder of it.
func (o *trainOptions) check(ctx context.Context, c *trainConfig, net *nets.Net) error {
	if err := c.recipe.Validate(); err != nil {
		return usagef("--%s", strings.ReplaceAll(err.Error(), "\n", "\n--")) // each fault begins with a flag's name
	}
	if len(o.freeze) > 0 {
		if _, err := hooks.Select(net.Graph.Graph, o.freeze); err != nil {
			return usagef("--freeze: %w", err)
		}
	}
	if c.init == "" {
		return nil
	}
	first, err := o.f.nets().Start(ctx, net, c.init)
	if err != nil {
		return err
	}
	return first.Close()
}

// resumedRuns are the runs of a folder; networks that are named must be theirs.
func (o *trainOptions) resumedRuns(ctx context.Context) ([]*trainConfig, error) {
	dirs, err := runFolders(o.f.path(o.resume), o.resume)
	if err != nil || len(dirs) == 0 {
		return nil, usagef("--resume %s: there is no run; want a folder that train wrote", o.resume)
	}
	given := o.given()
	var runs []*trainConfig
	var known []string
	for _, dir := range dirs {
		values, err := config.ReadValues(ctx, filepath.Join(o.f.path(dir), configFile), configNames())
		if err != nil {
			return nil, err
		}
		o.restore(given)
		c, err := o.resumed(values, dir)
		if err != nil {
			return nil, err
		}
		if err := c.recipe.Validate(); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, configFile), err)
		}
		runs, known = append(runs, c), append(known, c.net)
	}
	for _, name := range o.names {
		net, err := o.f.nets().OpenGraph(ctx, nets.Choice{Net: name})
		if err != nil {
			return nil, err
		}
		if !slices.Contains(known, net.Arch.Name) && !slices.Contains(known, absolute(o.f.path(name))) {
			return nil, usagef("%s: the run is of %s; leave it out, or begin another run", name, strings.Join(known, ", "))
		}
	}
	return runs, nil
}

// given are the values of the flags as they were given.
func (o *trainOptions) given() map[string]string {
	given := map[string]string{}
	for _, name := range trainFlags {
		given[name] = o.f.flags.Lookup(name).Value.String()
	}
	return given
}

// restore sets the flags to what was given: each run sets them to its own values.
func (o *trainOptions) restore(given map[string]string) {
	for name, value := range given {
		_ = setFlag(o.f.flags.Lookup(name), strings.Trim(value, "[]")) // its own text
	}
}

// training is one run that is computed.
type training struct {
	f        *factory
	config   *trainConfig
	many     bool // one of several
	plots    bool // the errors are drawn as well
	fresh    bool // begun by this call
	team     *engine.Team
	begin    func() error // makes the folders, once it is known that there is something to train
	data     *train.Data
	progress train.Progress
	epochs   []train.Epoch // of this call
}

func (t *training) run(ctx context.Context) error {
	net, err := t.config.open(ctx, t.f)
	if err != nil {
		return err
	}
	if channels := net.Arch.Spec.Input[0]; channels != 3 {
		return &nets.ChannelsError{Net: net.Arch.Name, Channels: channels}
	}
	run := &train.Run{Recipe: t.config.recipe, Dir: t.f.path(t.config.dir), Team: t.team, Exact: t.config.exact}
	p := net.Arch.Preprocess
	first := (*nets.Net)(nil)
	if t.config.init != "" {
		if first, err = t.f.nets().Start(ctx, net, t.config.init); err != nil {
			return err
		}
		defer first.Close()
		if p, err = t.startFrom(first, run); err != nil {
			return err
		}
	}
	source, err := t.source(net, p)
	if err != nil {
		return err
	}
	if t.data, err = t.read(ctx, source); err != nil {
		return err
	}
	defer t.data.Close()
	for _, note := range t.data.Notes {
		t.f.notef("%s", printable.Name(note))
	}
	p.Resize, p.Crop = imaging.Single(source.Shorter), imaging.Size{Height: net.Arch.Spec.Input[1], Width: net.Arch.Spec.Input[2]}
	if p.Crop.Height == p.Crop.Width {
		p.Crop = imaging.Single(p.Crop.Height)
	}
	if t.config.init == "" {
		p.Mean, p.Std = t.data.Pixels()
	}
	if own, classes := net.Arch.Spec.NumClasses, len(t.data.Classes); net.Arch.Path != "" && own != classes {
		t.f.notef("%s: its num_classes, %d, become the %s of the photos", printable.Name(t.config.net), own, plural(classes, "class", "classes"))
	}
	untrained, err := t.f.nets().Untrained(net, &labels.List{Classes: t.data.Classes}, p)
	if err != nil {
		return err
	}
	if first != nil {
		if err := t.classifier(ctx, untrained, first, run); err != nil {
			return err
		}
	}
	plot, bar := &trainPlot{t: t}, t.newBar()
	defer plot.clear()
	defer bar.clear()
	run.Net, run.Data, run.Batch = untrained, t.data, bar.batch
	run.Notice = func(text string) { t.f.notef("%s", text) }
	if t.fresh {
		run.First = func() error { return t.config.taken(t.f) }
	}
	run.Epoch = func(e train.Epoch) {
		bar.clear()
		plot.clear()
		t.show(e)
		plot.show()
	}
	if err := run.Prepare(); err != nil {
		return err
	}
	if err := t.begin(); err != nil {
		return err
	}
	t.progress, err = run.Train(ctx)
	if err != nil {
		return err
	}
	bar.clear()
	plot.clear()
	if err := plot.write(); err != nil {
		return err
	}
	return t.finish(run)
}

// startFrom makes a run begin with the weights of a network, and gives what photos must be for them.
func (t *training) startFrom(net *nets.Net, run *train.Run) (p imaging.Preprocess, err error) {
	if net.Quantized() {
		return p, usagef("--init: %s is quantized: give the weights that it was made from", net.WeightsWords())
	}
	run.Init = net.Weights
	if run.Recipe.Init, err = net.SHA256(); err != nil {
		return p, err
	}
	return net.Preprocess()
}

// classifier makes a run begin with that of its first weights, or with a random one.
func (t *training) classifier(ctx context.Context, net *nets.Untrained, first *nets.Net, run *train.Run) error {
	goesOn, err := net.Continues(ctx, first)
	if err != nil || goesOn {
		return err
	}
	run.NewClassifier = true
	why := "these weights have none"
	if own := first.Arch.Spec.NumClasses; own > 0 {
		why = fmt.Sprintf("the %s of these weights are not the %d of the photos", plural(own, "class", "classes"), len(net.Classes.Classes))
	}
	if t.fresh {
		t.f.notef("--init %s: the classifier begins at random: %s", printable.Name(t.config.init), why)
	}
	return nil
}

// source is where the photos are, and the size that they are kept in: that of the network's input, or with what is around it where
// its preprocessing scales photos to more.
func (t *training) source(net *nets.Net, p imaging.Preprocess) (train.Source, error) {
	dir, err := weights.CacheDir(t.f.getenv)
	if err != nil {
		return train.Source{}, err
	}
	side := max(net.Arch.Spec.Input[1], net.Arch.Spec.Input[2])
	if resize := p.Resize; resize.Width == 0 {
		side = max(side, resize.Height)
	}
	return train.Source{
		Path: t.config.data, Side: side, Shorter: side, Valid: t.config.valid / 100, Seed: t.config.recipe.Seed, Cache: train.CacheFolder(dir),
		Decoding: nets.Decoding{Options: imaging.Options{Budget: imaging.NewBudget(imaging.DefaultBudgetBytes)}, Warn: t.f.warnImage, Timeout: time.Minute},
		Workers:  t.team.Threads(),
	}, nil
}

// read reads the photos, and shows how many were decoded.
func (t *training) read(ctx context.Context, source train.Source) (*train.Data, error) {
	bar := t.f.newProgress(true, false)
	source.Decoded = bar.step
	defer bar.finish()
	return train.Open(ctx, t.f.nets(), source)
}

// interrupted is how far the run came.
func (t *training) interrupted(begun bool, dir string) string {
	if !begun {
		return "interrupted: nothing was trained yet"
	}
	of := ""
	if t.many {
		of = printable.Name(t.name()) + ", "
	}
	return fmt.Sprintf("interrupted: %s%d of %d epochs are kept; resnet train --resume %s goes on", of, t.progress.Epoch, t.config.recipe.Epochs, shellWord(dir))
}

// trainHeader stands above the rows of epochs.
const trainHeader = "epoch   loss  training error  test error        lr  images/s\n"

// show writes what became of an epoch, below a header at first.
func (t *training) show(e train.Epoch) {
	if len(t.epochs) == 0 {
		fmt.Fprintf(t.f.Out, "%s, %s to learn from, %s to test, %s\n%s", printable.Name(t.name()), number.Thousands(int64(len(t.data.Train))), number.Thousands(int64(len(t.data.Test))),
			plural(len(t.data.Classes), "class", "classes"), trainHeader)
	}
	t.epochs = append(t.epochs, e)
	fmt.Fprintf(t.f.Out, "%5d %6s  %12.2f %%  %8.2f %%  %8.4g  %8.0f\n", e.Epoch, lossText(e.Loss), 100*e.TrainError, 100*e.TestError, e.Rate, e.PerSecond)
}

// lossText is a loss in six columns, however far a training has gone astray.
func lossText(loss float64) string {
	switch {
	case loss < 99.9995:
		return fmt.Sprintf("%.3f", loss)
	case loss < 99999.5:
		return fmt.Sprintf("%.5g", loss)
	}
	return fmt.Sprintf("%.0e", loss)
}

// name is that of the network.
func (t *training) name() string {
	return strings.TrimSuffix(filepath.Base(t.config.net), filepath.Ext(t.config.net))
}
