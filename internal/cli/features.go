package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"resnet/internal/hooks"
)

type featuresOptions struct {
	f *factory

	trained    trainedFlags
	preprocess preprocessFlags
	images     imageFlags
	output     outputFlags
	layer      string
	engine     engineFlags
}

func newFeaturesCmd(f *factory) *cobra.Command {
	opts := &featuresOptions{f: f}
	cmd := &cobra.Command{
		Use:   "features IMAGE... -o FILE",
		Short: "Write the feature vector of each image, for search and clustering",
		Long: `Write the feature vector of each image: what the network knows of it before it decides on a class. Images
that look alike have vectors that are near to each other.

A row is an image, in the order of the command line. --layer chooses another layer than the last pool;
of a feature map it is the average of each channel.

  f.npy           the array, and the files' names in f.npy.txt, a line each
  f.safetensors   the tensor "features", and the names as a JSON list in the metadata "files"
  f.csv           the name and the numbers, a line an image`,
		Example: `  resnet features -r photos/ -o photos.npy
  resnet features photos/ -o photos.csv --arch 18 --weights resnet18.safetensors --layer layer4`,
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
	flags.StringVar(&opts.layer, "layer", "avgpool", "`PATH` of the layer")
	opts.preprocess.add(cmd)
	opts.engine.add(cmd)
	opts.output.add(cmd, "npy", "safetensors", "csv")
	return cmd
}

func runFeatures(ctx context.Context, o *featuresOptions, args []string) error {
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	if format != "csv" && (o.output.file == "" || o.output.file == "-") {
		return usagef("features needs -o FILE, or --format csv")
	}
	if err := o.images.check(); err != nil {
		return err
	}
	t, err := o.trained.load(ctx, o.f, &o.preprocess)
	if err != nil {
		return err
	}
	defer t.Close()
	run := newImageRun(o.f, &o.images, args)
	run.preprocess = t.preprocess
	runner, err := t.runner(o.f, run.many, o.engine)
	if err != nil {
		return err
	}
	if _, err := hooks.NewSet(t.Graph).Add(o.layer, &layerWatcher{}); err != nil { // one error, not one a worker
		return usageError{err}
	}
	compute := func() (compute, error) { return runner.layer(o.layer) }
	err = o.write(format, func(rows featureRows) error {
		take := func(job *imageJob) error { return stop(rows.add(job.name, job.output)) }
		return run.each(ctx, runner.workers, compute, take, nil)
	})
	if err != nil {
		return err
	}
	return run.sumUp("written")
}

// featureRows takes the vectors of one image after the other.
type featureRows interface {
	add(file string, vector []float32) error
}

// write calls fill with the rows of a file that appears once all of them are there.
func (o *featuresOptions) write(format string, fill func(featureRows) error) error {
	if format == "csv" {
		return o.f.writeOutput(o.output.file, func(w io.Writer) error {
			rows := newFeatureCSV(w)
			return errorOr(fill(rows), rows.close)
		})
	}
	path := o.f.path(o.output.file)
	spool, err := newFeatureSpool(path)
	if err != nil {
		return err
	}
	defer spool.remove()
	if err := fill(spool); err != nil {
		return err
	}
	if format == "npy" {
		return o.f.writeFeaturesNPY(o.output.file, spool)
	}
	return writeFeaturesSafetensors(path, spool)
}
