package cli

import (
	"context"
	"io"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"resnet/internal/imaging"
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
	run := newImageRun(o.f, &o.images, args)
	if run.preprocess, err = o.preprocess.over(own); err != nil {
		return err
	}
	if err := run.found.uniqueTargets(ctx); err != nil {
		return err
	}
	dir := o.f.path(o.dir)
	take := func(job *imageJob) error { return writeSeen(o.f, dir, job, run.preprocess) }
	if err := run.each(ctx, runtime.GOMAXPROCS(0), nil, take, nil); err != nil {
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
func writeSeen(f *factory, dir string, job *imageJob, p imaging.Preprocess) error {
	base := filepath.Join(dir, job.rel)
	if err := f.writeBelow(base+".png", job.crop.EncodePNG); err != nil {
		return err
	}
	return f.writeBelow(base+".npy", func(w io.Writer) error { return npy.Write(w, p.Tensor(job.crop.Image)) })
}

// uniqueTargets is an error where two images would be written to one place.
func (in *inputs) uniqueTargets(ctx context.Context) error {
	from := map[string]string{}
	return in.each(ctx, func(i input) error {
		if other, taken := from[i.rel]; taken {
			return usagef("%s and %s would both be written as %s", other, i.name, i.rel)
		}
		from[i.rel] = i.name
		return nil
	})
}
