package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/evaluate"
	"resnet/internal/labels"
	"resnet/internal/render"
)

type evalOptions struct {
	f *factory

	trained    trainedFlags
	preprocess preprocessFlags
	images     imageFlags
	output     outputFlags
	list       string
	engine     engineFlags
}

func newEvalCmd(f *factory) *cobra.Command {
	opts := &evalOptions{f: f}
	cmd := &cobra.Command{
		Use:   "eval [DIR]",
		Short: "Measure a network on labelled images: accuracy, confusions, calibration",
		Long: `Measure a network on labelled images: top-1 and top-5 with 95 % confidence intervals, each class, the
classes that are confused, the calibration error, and the images that it is most wrong about.

DIR holds a folder for each class, named by its label, index or WordNet id. Or --list names a table of two
columns, file and class (separated by commas, semicolons or tabs; a table of more columns names these in
its first line: file, filename, path or image; class, label, target or index), or a JSON map from file to
class. Its paths are relative to DIR, or to the list where no DIR is given.`,
		Example: `  resnet eval tiny-imagenet/val --exif ignore
  resnet eval photos --list labels.json --arch 18 --weights resnet18.safetensors --format json`,
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
	t, err := o.trained.load(ctx, o.f, &o.preprocess)
	if err != nil {
		return err
	}
	defer t.Close()
	o.images.recursive = true
	run := newImageRun(o.f, &o.images, args)
	run.many, run.preprocess = true, t.preprocess
	if run.walk, err = o.labelled(run.found, args, t); err != nil {
		return err
	}
	runner, err := t.runner(o.f, true, o.engine)
	if err != nil {
		return err
	}
	scores := evaluate.New(t.Arch.Spec.NumClasses)
	take := func(job *imageJob) error {
		label, err := t.FindClass(t.labels, job.class)
		if err != nil {
			return stop(fmt.Errorf("%s: %w", job.name, err))
		}
		scores.Add(job.name, label, labels.Softmax(job.output), labels.Order(job.output))
		return nil
	}
	if err := run.each(ctx, runner.workers, runner.logits, take, nil); err != nil {
		return err
	}
	if scores.Images == 0 {
		return errors.Join(run.sumUp("evaluated"), errors.New("no image could be evaluated"))
	}
	view := o.view(t, scores)
	view.Failed = run.failed.total()
	look := o.f.look(o.output.file)
	if err := o.f.writeOutput(o.output.file, func(w io.Writer) error { return render.Write(w, view, format, look) }); err != nil {
		return err
	}
	return run.sumUp("evaluated")
}

func (o *evalOptions) view(t *trained, scores *evaluate.Scores) *render.Evaluation {
	height, width := t.cropSize()
	view := &render.Evaluation{
		Net: t.words(), Arch: t.Arch.Name, Weights: t.Source.Name, Params: t.Graph.ParamCount(), Size: [2]int{height, width},
		CropShare: 1, Interpolation: string(t.preprocess.Interpolation), Labels: t.labels, Scores: scores,
	}
	if resize := t.preprocess.Resize; !resize.IsZero() {
		view.CropShare = float64(height) / float64(resize.Height)
	}
	return view
}

// labelled walks the images with their classes: those of a list, or of a directory's folders.
func (o *evalOptions) labelled(found *inputs, args []string, t *trained) (walkImages, error) {
	if o.list != "" {
		root := filepath.Dir(o.list)
		if len(args) > 0 {
			root = args[0]
		}
		return readImageList(o.f, o.list, root, func(class string) error {
			_, err := t.FindClass(t.labels, class)
			return err
		})
	}
	return func(ctx context.Context, yield func(input) error) error {
		return found.each(ctx, func(in input) error {
			folder, _, ok := strings.Cut(filepath.ToSlash(in.rel), "/")
			if !ok && in.err == nil {
				found.skipped["outside of a class folder"]++
				return nil
			}
			in.class = folder
			return yield(in)
		})
	}, nil
}
