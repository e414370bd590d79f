package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"resnet/internal/format"
	"resnet/internal/nets"
)

type featuresOptions struct {
	f *factory

	trained    trainedFlags
	preprocess preprocessFlags
	images     imageFlags
	output     outputFlags
	vector     vectorFlags
	engine     engineFlags

	made func() (map[string]string, error) // says how the vectors are made, once the network is open
}

func newFeaturesCmd(f *factory) *cobra.Command {
	opts := &featuresOptions{f: f}
	cmd := &cobra.Command{
		Use:   "features IMAGE... -o FILE",
		Short: "Write the feature vector of each image, for search and clustering",
		Long: `Write the feature vector of each image: what the network knows of it before it decides on a class. Images
that look alike have vectors that are near to each other.

A row is an image, in the order of the command line. --layer chooses another layer than the last pool;
of a feature map it is the average of each channel. With --pool max it is the largest number of each, of
the last map where no layer is named.

  f.npy           the array, and the files' names in f.npy.txt, a line each
  f.safetensors   the tensor "features", and the names as a JSON list in the metadata "files"
  f.csv           the name and the numbers, a line an image

The metadata of a .safetensors also has the layer, the weights and the preprocessing, which similar
compares with its own.`,
		Example: `  resnet features -r photos/ -o photos.npy
  resnet features photos/ -o f.csv --weights resnet18.safetensors --layer layer4`,
		GroupID: groupClassify,
		Args:    needArgs("an image, a directory, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runFeatures(cmd.Context(), opts, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	opts.trained.add(cmd)
	opts.images.add(cmd)
	opts.vector.add(cmd)
	opts.preprocess.add(cmd)
	opts.engine.add(cmd)
	opts.output.add(cmd, featureFiles.Formats("npy", nil)...)
	return cmd
}

const (
	lastPool = nets.LastPool

	poolAverage, poolMax = "average", "max"
)

// vectorFlags say what a vector is made of.
type vectorFlags struct{ layer, pool string }

func (v *vectorFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&v.layer, "layer", lastPool, "`PATH` of the layer")
	cmd.Flags().StringVar(&v.pool, "pool", poolAverage, "one number for each channel of a map by `WORD`: average, max")
	completeWords(cmd, "pool", []string{poolAverage, poolMax})
}

func (v *vectorFlags) watch() (nets.Watch, error) {
	w := nets.Watch{Layer: v.layer, Mean: true}
	switch v.pool {
	case poolAverage:
	case poolMax:
		w.Mean, w.Max, w.Input = false, true, v.layer == lastPool
	default:
		return w, usagef("--pool: %q is none of %s, %s", v.pool, poolAverage, poolMax)
	}
	return w, nil
}

func runFeatures(ctx context.Context, o *featuresOptions, args []string) error {
	name, err := o.output.formatName()
	if err != nil {
		return err
	}
	if name != "csv" && (o.output.file == "" || o.output.file == "-") {
		return usagef("features needs -o FILE, or --format csv")
	}
	if err := o.images.check(); err != nil {
		return err
	}
	layer, err := o.vector.watch()
	if err != nil {
		return err
	}
	run := newImageRun(o.f, &o.images, args, o.output.file)
	net, err := o.trained.predictor(ctx, o.f, &o.preprocess, o.engine, run.many)
	if err != nil {
		return err
	}
	defer net.Net.Close()
	defer net.Close()
	if err := net.Prepare(ctx, layer); err != nil {
		return watchUsage(err)
	}
	o.made = func() (map[string]string, error) { return provenance(net, layer) }
	compute := func(ctx context.Context, im *nets.Image) (*nets.Seen, error) {
		return net.Image(ctx, im, run.decoding, layer)
	}
	write, err := featureFiles.Writer(name)
	if err != nil {
		return err
	}
	err = write(o, func(rows featureRows) error {
		take := func(job *nets.Done[*nets.Seen]) error {
			if err := rows.add(job.Name, job.Value.Watched[0].Data); err != nil {
				return stop(keepLines(err, name))
			}
			return stop(run.checkFeatures(ctx, net, job.Image, job.Value))
		}
		err := run.keep(each(ctx, run, net.Sessions(), compute, take, nil), func() error { return nil })
		if run.done == 0 && (err == nil || errors.Is(err, errPartial)) {
			return errNothing // and no file without a row
		}
		return err
	})
	if err != nil && !errors.Is(err, errNothing) {
		return run.sayPartial(err, o.output.file)
	}
	return run.sumUp("written")
}

// watchUsage makes a layer that there is not an error of usage.
func watchUsage(err error) error {
	if is[*nets.WatchError](err) {
		return usageError{err}
	}
	return err
}

// featureRows takes the vectors of one image after the other.
type featureRows interface {
	add(file string, vector []float32) error
}

// featureFiles are the formats of features; what is registered calls fill with the rows of a file that appears once all of
// them are there.
var featureFiles = format.New[func(o *featuresOptions, fill func(featureRows) error) error]("features")

func init() {
	featureFiles.Register("npy", spooled((*factory).writeFeaturesNPY))
	featureFiles.Register("safetensors", spooled((*factory).writeFeaturesSafetensors))
	featureFiles.Register("csv", func(o *featuresOptions, fill func(featureRows) error) error {
		return o.f.writeOutput(o.output.file, func(w io.Writer) error {
			rows := newFeatureCSV(w, o.f.look(o.output.file, "csv"))
			return errorOr(fill(rows), rows.close)
		})
	})
}

// spooled keeps the rows beside the output until their number is known, and then calls write.
func spooled(write func(*factory, string, *featureSpool) error) func(*featuresOptions, func(featureRows) error) error {
	return func(o *featuresOptions, fill func(featureRows) error) error {
		path, err := o.f.target(o.output.file)
		if err != nil {
			return err
		}
		spool, err := newFeatureSpool(o.output.file, path, o.made)
		if err != nil {
			return err
		}
		defer spool.remove()
		name := o.output.file
		err = fill(spool)
		if errors.Is(err, errPartial) {
			name = o.f.partialName(name)
			err = &partialError{name}
		} else if err != nil {
			return err
		}
		return errorOr(write(o.f, name, spool), func() error { return err })
	}
}
