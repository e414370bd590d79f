package cli

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/npy"
)

type preprocessOptions struct {
	f *factory

	arch       archFlag
	weights    weightsFlags
	preprocess preprocessFlags
	images     imageFlags
	dir        string
	named      bool // --arch was given
}

func newPreprocessCmd(f *factory) *cobra.Command {
	opts := &preprocessOptions{f: f}
	cmd := &cobra.Command{
		Use:   "preprocess IMAGE... -o DIR",
		Short: "Write what a network sees of images: the crop as PNG, the tensor as .npy",
		Long: `Write what a network sees of images, to compare with a pipeline of your own: for cat.jpg the very crop as
DIR/cat.jpg.png and the normalised tensor as DIR/cat.jpg.npy (float32, 1×3×H×W).

A file that is named goes by its base name, one that is found in a directory by its path below that
directory. --exif ignore does what torchvision does.`,
		Example: `  resnet preprocess img.jpg -o seen
  resnet preprocess -r photos/ -o seen --arch 50d --exif ignore`,
		GroupID: groupClassify,
		Args:    needArgs("an image, a directory, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.named = cmd.Flags().Changed("arch")
			return runPreprocess(cmd.Context(), opts, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&opts.dir, "output", "o", "", "`DIR` to write to")
	opts.arch.add(cmd)
	opts.weights.add(cmd)
	opts.images.add(cmd)
	opts.preprocess.add(cmd)
	return cmd
}

func runPreprocess(ctx context.Context, o *preprocessOptions, args []string) error {
	if o.dir == "" {
		return usagef("preprocess needs -o DIR")
	}
	if err := o.images.check(); err != nil {
		return err
	}
	own, err := o.own(ctx)
	if err != nil {
		return err
	}
	run := newImageRun(o.f, &o.images, args, o.dir)
	preprocess, err := o.preprocess.over(own)
	if err != nil {
		return err
	}
	if err := uniqueTargets(ctx, run.found); err != nil {
		return err
	}
	dir := o.dir
	work := func(ctx context.Context, im *nets.Image) (*imaging.Crop, error) {
		return run.decoding.Load(ctx, im, preprocess)
	}
	take := func(job *nets.Done[*imaging.Crop]) error { return writeSeen(o.f, dir, job, preprocess) }
	if err := each(ctx, run, nets.Cores(), work, take, nil); err != nil {
		return err
	}
	return run.sumUp("written")
}

// own is the preprocessing of the weights, or of the network where none are given.
func (o *preprocessOptions) own(ctx context.Context) (imaging.Preprocess, error) {
	w, err := o.f.nets().Open(ctx, netChoice(o.arch.name, o.named, o.weights))
	if err != nil {
		return imaging.Preprocess{}, err
	}
	defer w.Close()
	return w.Preprocess()
}

// writeSeen writes the crop and the tensor of one image below dir.
func writeSeen(f *factory, dir string, job *nets.Done[*imaging.Crop], p imaging.Preprocess) error {
	base := filepath.Join(dir, job.Rel)
	if err := f.writeBelow(base+".png", job.Value.EncodePNG); err != nil {
		return err
	}
	return f.writeBelow(base+".npy", func(w io.Writer) error { return npy.Write(w, p.Tensor(job.Value.Image)) })
}

// uniqueTargets is an error where two images would be written to one place.
func uniqueTargets(ctx context.Context, found *nets.Finder) error {
	err := found.UniqueTargets(ctx)
	if same, ok := errors.AsType[*nets.SameTargetError](err); ok {
		return usageError{same}
	}
	return err
}
