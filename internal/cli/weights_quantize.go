package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/nets"
	"resnet/internal/quant"
)

type quantizeOptions struct {
	f         *factory
	arch      string
	calibrate []string
	method    string
	bits      int
	keep      []string
	pull      bool
	extra     bool
	threads   int
	images    imageFlags
}

// enoughPhotos is how many photos show how large values become.
const enoughPhotos = 64

func newWeightsQuantizeCmd(f *factory) *cobra.Command {
	opts := &quantizeOptions{f: f, method: quant.MethodNames[0], bits: 8}
	cmd := &cobra.Command{
		Use:   "quantize IN OUT.safetensors",
		Short: "Write a network in bytes, which computes several times faster",
		Long: `Write a network in bytes (int8), which computes several times faster: post-training static quantization.
Batch norms are folded into the weights, and these are rounded symmetrically in each output channel. The
photos below --calibrate show how large the values between the layers become; ` + fmt.Sprint(enoughPhotos) + ` of the kind that the
network will see suffice, and need no labels.

Every command that takes weights takes the file, and computes with it in bytes; --precision float32 computes
with the real numbers that they stand for. A file that is quantized throughout gives the same bits on every
CPU. --method says which part of a range of values the bytes cover: that of the least squared error, all but
the outermost values, or all.`,
		Example: `  resnet weights quantize resnet50 resnet50.int8.safetensors --calibrate photos
  resnet weights quantize in.pth out.safetensors --calibrate photos --keep fc`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("%s needs a checkpoint and a file to write, got %d", cmd.CommandPath(), len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runQuantize(cmd.Context(), opts, args[0], args[1])
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&opts.calibrate, "calibrate", nil, "photos: a `DIR`, files or patterns")
	choiceFlag(cmd, flags, &opts.method, "method", quant.MethodNames, "how the range of the bytes is chosen")
	flags.IntVar(&opts.bits, "bits", opts.bits, "of the weights: `N` of 7 or 8")
	flags.StringSliceVar(&opts.keep, "keep", nil, "`LAYERS` that stay as they are: conv1,fc")
	flags.StringVar(&opts.arch, "arch", "", archHelp+" (default: that of the weights)")
	completeNets(cmd)
	flags.BoolVar(&opts.pull, "pull", false, "download a set that is not on this disk")
	allowExtraFlag(cmd, &opts.extra)
	flags.IntVar(&opts.threads, "threads", 0, "compute on `N` threads (0: all cores)")
	opts.images.add(cmd)
	return cmd
}

func runQuantize(ctx context.Context, o *quantizeOptions, in, out string) error {
	if len(o.calibrate) == 0 {
		return usagef("quantizing needs photos that show how large values become: --calibrate DIR; %d suffice, without labels", enoughPhotos)
	}
	if o.bits != 7 && o.bits != 8 {
		return usagef("--bits %d: want 7 or 8", o.bits)
	}
	if err := checkEnding(out, ".safetensors"); err != nil {
		return err
	}
	if err := o.images.check(); err != nil {
		return err
	}
	engine := engineFlags{threads: o.threads}
	if err := engine.check(o.f); err != nil {
		return err
	}
	net, err := o.f.nets().Open(ctx, nets.Choice{Net: o.arch, Weights: in, Trained: true, Pull: o.pull, AllowExtra: o.extra})
	if err != nil {
		return err
	}
	defer net.Close()
	if _, err := o.f.targetFile(out); err != nil { // before the work
		return err
	}
	q, err := net.Quantizer(ctx, nets.Quantization{Method: o.method, Bits: o.bits, Keep: o.keep, Compute: engine.compute()})
	if err != nil {
		return err
	}
	defer q.Close()
	photos, unread, err := o.look(ctx, q, false)
	if err != nil {
		return err
	}
	q.Again()
	if _, _, err := o.look(ctx, q, true); err != nil {
		return err
	}
	path, err := o.f.targetFile(out)
	if err != nil {
		return err
	}
	layers, err := q.Write(ctx, path)
	if err != nil {
		return err
	}
	if photos < enoughPhotos {
		o.f.warnf("calibrated with %s; %d are safer", plural(photos, "photo", "photos"), enoughPhotos)
	}
	_, err = fmt.Fprintf(o.f.Out, "%s: %s in int8, calibrated with %s\n", out, plural(layers, "layer", "layers"), plural(photos, "photo", "photos"))
	if err != nil {
		return failed(err)
	}
	if len(unread) > 0 {
		o.f.warnf("%s", unread)
		return errFailed
	}
	return nil
}

// look shows the photos to the network, once more where it is said so: what there is to say of them was said then.
func (o *quantizeOptions) look(ctx context.Context, q *nets.Quantizer, again bool) (photos int, unread failures, err error) {
	o.images.recursive = true
	run := newImageRun(o.f, &o.images, o.calibrate, "-")
	run.bar = o.f.newProgress(true, false)
	run.many = true
	if again {
		run.told, run.decoding = true, run.decoding.Quiet()
	}
	work := func(ctx context.Context, im *nets.Image) (*nets.Photo, error) { return q.Photo(ctx, im, run.decoding) }
	take := func(job *nets.Done[*nets.Photo]) error {
		if err := q.See(ctx, job.Value); err != nil {
			return stop(err)
		}
		photos++
		return nil
	}
	if err := each(ctx, run, nets.Cores(), work, take, nil); err != nil {
		return 0, nil, err
	}
	if photos == 0 {
		return 0, nil, fmt.Errorf("--calibrate %s: no photo could be read", strings.Join(o.calibrate, ","))
	}
	return photos, run.failed, nil
}
