package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"resnet/internal/evaluate"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/render"
)

type evalOptions struct {
	f *factory

	trained    trainedFlags
	preprocess preprocessFlags
	images     imageFlags
	output     outputFlags
	list       string
	against    string
	engine     engineFlags
}

func newEvalCmd(f *factory) *cobra.Command {
	opts := &evalOptions{f: f, trained: trainedFlags{classes: true}}
	cmd := &cobra.Command{
		Use:   "eval [DIR]",
		Short: "Measure a network on labelled images: accuracy, confusions, calibration",
		Long: `Measure a network on labelled images: top-1 and top-5 with 95 % confidence intervals, each class, the
classes that are confused, the calibration error, and the images that it is most wrong about.

DIR holds a folder for each class, named by its label, index or WordNet id. Or --list names a table of two
columns, file and class (separated by commas, semicolons or tabs; a table of more columns names these in
its first line, one of each: file, filename, path or image; class, label or target, or where there is
none of these index), or a JSON map from file to class. Its paths are relative to DIR, or to the list
where no DIR is given.

--against compares with other weights of the same classes, image by image: a quantized file with its
source, say.`,
		Example: `  resnet eval tiny-imagenet/val --exif ignore
  resnet eval photos --list labels.json --arch 18 --weights resnet18.safetensors
  resnet eval val/ --weights resnet50 --against resnet50.int8.safetensors`,
		GroupID: groupClassify,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 0 && opts.list == "" {
				return usagef("eval needs one DIR, or --list FILE")
			}
			return runEval(cmd.Context(), opts, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&opts.list, "list", "", "`FILE` of files and their classes")
	opts.trained.add(cmd)
	flags.StringVar(&opts.against, "against", "", "compare with other weights: a checkpoint `FILE`, a folder, or a set")
	opts.images.add(cmd)
	opts.preprocess.add(cmd)
	opts.engine.add(cmd)
	opts.output.add(cmd, render.Formats(&render.Evaluation{})...)
	return cmd
}

func runEval(ctx context.Context, o *evalOptions, args []string) error {
	format, err := o.output.formatName()
	if err != nil {
		return err
	}
	if err := o.images.check(); err != nil {
		return err
	}
	if err := o.checkDirectory(args); err != nil {
		return err
	}
	net, err := o.trained.predictor(ctx, o.f, &o.preprocess, o.engine, true)
	if err != nil {
		return err
	}
	defer net.Net.Close()
	defer net.Close()
	other, err := o.other(ctx, net)
	if err != nil {
		return err
	}
	if other != nil {
		defer other.Net.Close()
		defer other.Close()
	}
	o.images.recursive = true
	run := newImageRun(o.f, &o.images, args, "-")
	run.bar = o.f.newProgress(true, false)
	run.many = true
	if run.images, err = o.labelled(ctx, run.found, args, net); err != nil {
		return err
	}
	run.counted = run.images
	if o.list == "" {
		run.counted = o.f.nets().Find(args, true, nil).EachOfClass
	}
	if err := net.Prepare(ctx); err != nil {
		return err
	}
	type seen struct {
		*nets.Seen
		other *nets.Seen // nil where nothing is compared
	}
	compute := func(ctx context.Context, im *nets.Image) (s seen, err error) {
		if s.Seen, err = net.Image(ctx, im, run.decoding); err == nil && other != nil {
			s.other, err = other.Image(ctx, im, run.decoding.Quiet())
		}
		return s, err
	}
	scores, paired := evaluate.New(net.Net.Arch.Spec.NumClasses), &evaluate.Paired{}
	take := func(job *nets.Done[seen]) error {
		label, err := net.FindClass(job.Class)
		if err != nil {
			return stop(fmt.Errorf("%s: %w", job.Name, err))
		}
		logits := job.Value.Logits.Data
		scores.Add(job.Name, label, labels.Softmax(logits), labels.Order(logits))
		err = run.checkLogits(ctx, net, job.Image, job.Value.Seen)
		if other != nil {
			paired.Add(label, predicted(logits), predicted(job.Value.other.Logits.Data))
			if labels.HasSoftmax(logits) && !labels.HasSoftmax(job.Value.other.Logits.Data) {
				err = run.addNonFinite(ctx, other, job.Image, job.Value.other, withoutProbabilities+" of "+o.against)
			}
		}
		return stop(err)
	}
	interrupted := each(ctx, run, net.Sessions(), compute, take, nil)
	if interrupted != nil && (scores.Images == 0 || !errors.Is(interrupted, context.Canceled)) {
		return interrupted
	}
	if scores.Images == 0 {
		return run.sumUp("evaluated")
	}
	view := o.view(net, scores)
	if other != nil {
		view.Against, view.Paired = other.Net.Source.Name, paired
	}
	view.Failed, view.Partial = run.failed.total(), interrupted != nil
	look := o.f.look(o.output.file, format)
	err = o.f.writeOutput(o.output.file, func(w io.Writer) error {
		if err := render.Write(w, view, format, look); err != nil || !view.Partial {
			return err
		}
		return errPartial
	})
	if err != nil && !errors.Is(err, errPartial) {
		return err
	}
	return errors.Join(run.sumUp("evaluated"), run.sayPartial(err, o.output.file))
}

// checkDirectory wants DIR, where it is given, to be one.
func (o *evalOptions) checkDirectory(args []string) error {
	if len(args) == 0 {
		return nil
	}
	info, err := os.Stat(o.f.path(args[0]))
	if err == nil && !info.IsDir() {
		err = usagef("%s is no directory: eval needs one with a folder for each class", args[0])
	}
	return err
}

// predicted is the most probable class.
func predicted(logits []float32) int {
	if !labels.HasSoftmax(logits) {
		return evaluate.NoClass
	}
	return labels.Order(logits)[0]
}

// other are the weights to compare with; nil for none.
func (o *evalOptions) other(ctx context.Context, net *nets.Predictor) (*nets.Predictor, error) {
	if o.against == "" {
		return nil, nil
	}
	trained := o.trained
	trained.weights.name = o.against
	other, err := trained.predictor(ctx, o.f, &o.preprocess, o.engine, true)
	if err != nil {
		return nil, err
	}
	if a, b := net.Net.Arch.Spec.NumClasses, other.Net.Arch.Spec.NumClasses; a != b {
		other.Close()
		return nil, errors.Join(fmt.Errorf("%s has %d classes and %s has %d", net.Net.Source.Name, a, o.against, b), other.Net.Close())
	}
	return other, nil
}

func (o *evalOptions) view(net *nets.Predictor, scores *evaluate.Scores) *render.Evaluation {
	height, width := net.Input[2], net.Input[3]
	view := &render.Evaluation{
		Net: net.Words(), Arch: net.Net.Arch.Name, Weights: net.Net.Source.Name, Params: net.Net.Graph.ParamCount(),
		Size: [2]int{height, width}, CropShare: 1, Interpolation: string(net.Preprocess.Interpolation), Labels: net.Labels,
		Scores: scores,
	}
	if resize := net.Preprocess.Resize; !resize.IsZero() {
		view.CropShare = float64(height) / float64(resize.Height)
	}
	return view
}

// labelled walks the images with their classes: those of a list, or of a directory's folders.
func (o *evalOptions) labelled(ctx context.Context, found *nets.Finder, args []string, net *nets.Predictor) (nets.Images, error) {
	if o.list == "" {
		return found.EachOfClass, nil
	}
	root := filepath.Dir(o.list)
	if len(args) > 0 {
		root = args[0]
	}
	o.f.reads(o.f.path(root))
	return o.f.nets().ReadList(ctx, o.list, root, func(class string) error {
		_, err := net.FindClass(class)
		return err
	})
}
