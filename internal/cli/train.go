package cli

import (
	"cmp"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/config"
	"resnet/internal/train"
)

type trainOptions struct {
	f *factory

	names  []string
	data   string
	out    string
	resume string
	init   string
	freeze []string
	valid  float64
	plot   bool
	recipe train.Recipe // of what was given
	// threads and exact are those of engineFlags; a training is always in float32.
	engine engineFlags
}

func newTrainCmd(f *factory) *cobra.Command {
	opts := &trainOptions{f: f, recipe: train.DefaultRecipe(0), valid: 10}
	cmd := &cobra.Command{
		Use:   "train NET[,NET…] --data PATH -o RUN",
		Short: "Train a network from photos of classes",
		Long: `Train a network from nothing: the paper's experiment. Or go on from trained weights (--init), with some layers
as they are (--freeze); photos are then prepared as those weights want them. RUN is a folder with what came out,
RUN/NET one for each where there are several:

  metrics.csv             each epoch: loss, training and test error, learning rate, images a second
  gradients.csv           each epoch: norm, share of zeros and NaN of each parameter's gradient
  best.safetensors        the weights with the smallest test error: --weights RUN/best.safetensors
  checkpoint.safetensors  weights, velocities and progress after the last epoch
  config.yaml, card.md    what the run was told, and what it came to

PATH is a folder that holds train/CLASS and test/CLASS (or val/CLASS), a folder for each class of which a share
is kept back (--valid), a .tar or .tar.gz of such folders, or CIFAR-10's binary files. Photos are decoded once, into
the cache (resnet weights path --photos; resnet weights rm --photos). Nothing is downloaded.

For inputs of 64 pixels or less the recipe is the paper's for CIFAR: batches of 128, learning rate 0.1, a tenth of
it from half of the epochs on and a hundredth from three quarters on, momentum 0.9, weight decay 0.0001, 164
epochs, photos padded by 4 pixels, cut out at random and mirrored. For larger ones it is the paper's for ImageNet
scaled to batches of 32: learning rate 0.0125, 90 epochs. --epochs scales the schedule.

The same photos, flags and kernels give the same bits, whatever the threads. An interrupted run goes on where its
last epoch ended, to the same bits: --resume RUN. Its flags may be given again, with the same values.`,
		Example: `  resnet train plain20_cifar,plain56_cifar,resnet20_cifar,resnet56_cifar --data c10.tgz -o run
  resnet train --resume run --plot
  resnet eval cifar10/test --weights run/resnet20_cifar/best.safetensors
  resnet train resnet18 --data flowers/ -o run --schedule cosine --warmup 2 --label-smoothing 0.1
  resnet train 18 --init resnet18 --freeze conv1,bn1,layer1 --data flowers/ -o run --lr 0.001`,
		GroupID: groupClassify,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if opts.names, err = f.splitAll(args); err != nil {
				return err
			}
			return runTrain(cmd.Context(), opts)
		},
		ValidArgsFunction: completeNetNames,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&opts.out, "output", "o", "", "write the run to the folder `RUN`: a new or empty one, or that of a run without an epoch")
	flags.StringVar(&opts.data, "data", "", "photos of classes: a folder, an archive, or CIFAR-10's binary files, at `PATH`")
	flags.StringVar(&opts.resume, "resume", "", "go on with the run in the folder `RUN`")
	r := &opts.recipe
	flags.IntVar(&r.Epochs, "epochs", 0, "how often each photo is seen (default: 164, of more than 64 pixels 90)")
	flags.IntVarP(&r.Batch, "batch", "b", 0, "photos in a batch, over which batch norms average (default: 128, of more than 64 pixels 32)")
	flags.IntVar(&r.Accumulate, "accumulate", 1, "batches whose gradients make a step")
	numberFlag(flags, &r.Rate, "lr", aboveZero, train.MaxRate, "learning rate; of more than 64 pixels 0.0125 where it is not given")
	numberFlag(flags, &r.Momentum, "momentum", 0, belowOne, "of gradient descent")
	flags.BoolVar(&r.Nesterov, "nesterov", false, "Nesterov's momentum")
	numberFlag(flags, &r.Decay, "weight-decay", 0, belowOne, "share of each weight that is added to its gradient")
	flags.BoolVar(&r.NoDecayNorm, "no-decay-norm", false, "no weight decay of batch norms and biases")
	choiceFlag(cmd, flags, &r.Schedule, "schedule", train.Schedules(), "of the learning rate")
	numberFlag(flags, &r.Warmup, "warmup", 0, math.MaxFloat64, "`EPOCHS` over which the learning rate rises at the beginning")
	numberFlag(flags, &r.Smoothing, "label-smoothing", 0, belowOne, "probability that all classes have alike")
	flags.IntVar(&r.Pad, "pad", 0, "pixels around a photo before a part is cut out at random (default: 4, of more than 64 pixels 0)")
	flags.Uint64Var(&r.Seed, "seed", 0, "of first weights, order, cuts, and the photos that are kept back")
	flags.StringVar(&opts.init, "init", "", "start from trained weights, all but a classifier of other classes: a checkpoint `FILE`, a folder, or a set (default: random ones)")
	flags.StringSliceVar(&opts.freeze, "freeze", nil, "layers that stay as they are, their batch norms with running statistics: `PATTERN,…`, such as conv1,bn1,layer1")
	numberFlag(flags, &opts.valid, "valid", aboveZero, belowHundred, "percent of each class that are kept back, where the data holds no test")
	flags.BoolVar(&opts.plot, "plot", false, "draw the errors over the epochs, too: in the terminal after each, and when a network is done")
	flags.IntVar(&opts.engine.threads, "threads", 0, "compute on `N` threads (0: all cores)")
	flags.BoolVar(&opts.engine.exact, "exact", false, "without Winograd: slower, with the smallest error")
	return cmd
}

// Names in a run's configuration that are no flags.
const (
	configFile = "config.yaml"
	configNet  = "net"
	configData = "data"
	configInit = "init"
)

// trainFlags are the flags that a run is told by, beside those; threads and a plot change nothing.
var trainFlags = []string{
	"epochs", "batch", "accumulate", "lr", "momentum", "nesterov", "weight-decay", "no-decay-norm", "schedule", "warmup", "label-smoothing", "freeze", "pad", "seed", "valid", "exact",
}

// configNames are all names of a configuration.
func configNames() []string {
	return append([]string{configNet, configData, configInit}, trainFlags...)
}

// trainConfig is what one run is told.
type trainConfig struct {
	net, data string
	init      string // weights; "": random ones
	recipe    train.Recipe
	valid     float64
	exact     bool
	dir       string // of the run, as it is shown
}

// config fills in what was not given for a network with inputs of a size.
func (o *trainOptions) config(net string, side int, dir string) *trainConfig {
	r, usual := o.recipe, train.DefaultRecipe(side)
	if !o.f.given("epochs") {
		r.Epochs = usual.Epochs
	}
	if !o.f.given("batch") {
		r.Batch = usual.Batch
	}
	if !o.f.given("lr") {
		r.Rate = usual.Rate
	}
	if !o.f.given("pad") {
		r.Pad = usual.Pad
	}
	r.Freeze = strings.Join(o.freeze, ",")
	return &trainConfig{net: net, data: absolute(o.f.path(o.data)), init: o.start(), recipe: r, valid: o.valid, exact: o.engine.exact, dir: dir}
}

// start is the file or set that --init names, by a name that lasts.
func (o *trainOptions) start() string {
	if _, err := os.Stat(o.f.path(o.init)); o.init == "" || err != nil {
		return o.init
	}
	return absolute(o.f.path(o.init))
}

// keys is the configuration as its file has it.
func (c *trainConfig) keys() []config.Key {
	r := c.recipe
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	return []config.Key{
		{Name: configNet, Value: c.net}, {Name: configData, Value: c.data}, {Name: configInit, Value: c.init},
		{Name: "epochs", Value: strconv.Itoa(r.Epochs)}, {Name: "batch", Value: strconv.Itoa(r.Batch)}, {Name: "accumulate", Value: strconv.Itoa(r.Accumulate)},
		{Name: "lr", Value: number(r.Rate)}, {Name: "momentum", Value: number(r.Momentum)}, {Name: "nesterov", Value: strconv.FormatBool(r.Nesterov)},
		{Name: "weight-decay", Value: number(r.Decay)}, {Name: "no-decay-norm", Value: strconv.FormatBool(r.NoDecayNorm)},
		{Name: "schedule", Value: r.Schedule}, {Name: "warmup", Value: number(r.Warmup)}, {Name: "label-smoothing", Value: number(r.Smoothing)},
		{Name: "freeze", Value: r.Freeze}, {Name: "pad", Value: strconv.Itoa(r.Pad)}, {Name: "seed", Value: strconv.FormatUint(r.Seed, 10)}, {Name: "valid", Value: number(c.valid)},
		{Name: "exact", Value: strconv.FormatBool(c.exact)},
	}
}

// apply sets the flags of a configuration's values; one that was given with another value is an error.
func (o *trainOptions) apply(values map[string]string, file string) error {
	for _, name := range trainFlags {
		flag := o.f.flags.Lookup(name)
		given, before := flag.Changed, flag.Value.String()
		if err := setFlag(flag, values[name]); err != nil {
			return usagef("%s: %s %s: %w", file, name, values[name], err)
		}
		if given && before != flag.Value.String() {
			return usagef("--%s %s: the run was begun with %s; leave it out, or begin another run", name, before, flag.Value)
		}
	}
	if o.init != "" && o.start() != values[configInit] {
		return usagef("--init %s: the run was begun with %s; leave it out, or begin another run", o.init, cmp.Or(values[configInit], "random weights"))
	}
	if o.data != "" && absolute(o.f.path(o.data)) != values[configData] {
		return usagef("--data %s: the run was begun with %s; leave it out, or begin another run", o.data, values[configData])
	}
	return nil
}

// setFlag sets a flag to a value; a list is replaced, not added to.
func setFlag(flag *pflag.Flag, value string) error {
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		var items []string
		if value != "" {
			items = strings.Split(value, ",")
		}
		return list.Replace(items)
	}
	return flag.Value.Set(value)
}

// resumed reads the configuration of a run that goes on.
func (o *trainOptions) resumed(values map[string]string, dir string) (*trainConfig, error) {
	if err := o.apply(values, filepath.Join(dir, configFile)); err != nil {
		return nil, err
	}
	r := o.recipe
	r.Freeze = strings.Join(o.freeze, ",")
	return &trainConfig{net: values[configNet], data: values[configData], init: values[configInit], recipe: r, valid: o.valid, exact: o.engine.exact, dir: dir}, nil
}
