package cli

import (
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	formats "resnet/internal/format"
	"resnet/internal/render"
)

type classifyOptions struct {
	f     *factory
	flags *pflag.FlagSet

	trained    trainedFlags
	preprocess preprocessFlags
	images     imageFlags
	output     outputFlags
	top        topFlag
	explain    bool
	pictures   string // of --explain, a directory; "": none
	cam        camFlags
	copyTo     string
	minimum    float64
	engine     engineFlags
}

func newClassifyCmd(f *factory) *cobra.Command {
	opts := &classifyOptions{f: f, trained: trainedFlags{classes: true}}
	cmd := &cobra.Command{
		Use:   "classify IMAGE...",
		Short: "Label photos with a trained network",
		Long: `Label photos with a trained network. It works offline: a small network of 200 classes is built in, and
by --arch resnet56_cifar one of CIFAR-10's ten. For ImageNet's thousand: resnet weights pull resnet50,
then --arch 50.

IMAGE is a file, a pattern, a directory (the images directly in it; with -r all below), or - for
standard input: JPEG, PNG, GIF, WebP, BMP or TIFF, told by content. What is found in a directory and
is hidden or has no image's extension is skipped. A file that can't be read is one line on stderr; the
others go on, and the exit code is 1; where none could be read it is 2.

Images are prepared exactly as torchvision does with Pillow; each network brings its own sizes, and
--resize, --crop, --interpolation, --mean and --std change them.

--explain shows how one image is decoded, resized and cropped. With it, -o is a directory: for cat.jpg the
pictures are DIR/cat.jpg.decoded.png, cat.jpg.resized.png and cat.jpg.crop.png.

--cam shows where the network sees the top labels: class activation maps (Zhou et al., 2016), which are
exact for networks that end in a global average and one linear layer. The mean of a map and the bias of
its class are the logit. A map is as small as the last feature map: 7×7 for most at 224 pixels; pictures
show it smoothly over the photo, .npy and .csv as it is. A white line encloses what the network sees,
ticked where the map's places meet; colours run from 0 to the largest value, which stands below, of each
map or with --cam-scale same of all maps of a photo. For several images, give a directory:
photos/a/cat.jpg of photos/ goes to DIR/a/cat.jpg.png. --sheet writes all images on one web page, which
can be searched, filtered by label, and ordered by how sure the network is.`,
		Example: `  resnet classify img.jpg
  resnet classify -r photos/ -o labels.csv
  resnet classify img.jpg --arch 18 --weights resnet18.safetensors --top 3
  resnet classify photos/*.jpg --copy-to sorted/ --min-probability 0.5
  resnet classify img.jpg --explain -o seen
  resnet classify img.jpg --cam seen.png --top 3
  resnet classify img.jpg --cam - --cam-class goldfish
  resnet classify -r photos/ --cam maps/ --sheet sheet.html
  curl -s https://example.org/cat.jpg | resnet classify -`,
		GroupID: groupClassify,
		Args:    needArgs("an image, a directory, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.flags = cmd.Flags()
			if opts.explain {
				opts.pictures, opts.output.file = opts.output.file, ""
			}
			return runClassify(cmd.Context(), opts, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	opts.trained.add(cmd)
	opts.images.add(cmd)
	flags.VarP(&opts.top, "top", "k", "labels of an image: a number, or all (default 5 for one image, 1 for several)")
	opts.preprocess.add(cmd)
	flags.BoolVar(&opts.explain, "explain", false, "show the way of one image through preprocessing; with -o DIR also in pictures")
	opts.cam.add(cmd)
	flags.StringVar(&opts.copyTo, "copy-to", "", "copy each image into `DIR`/LABEL/; nothing is moved or overwritten")
	numberFlag(flags, &opts.minimum, "min-probability", 0, 1, "under `P` no label is sure: it is marked unsure, and --copy-to copies into DIR/_unsure/")
	opts.engine.add(cmd)
	opts.output.add(cmd, render.ClassifyFormats()...)
	return cmd
}

// check refuses flags that would do nothing together.
func (o *classifyOptions) check(format string, many bool) error {
	switch {
	case o.explain && (many || format != render.DefaultFormat):
		return usagef("--explain is for one image, as a table")
	case formats.ByExtension(filepath.Ext(o.pictures), formats.Names()) != "" || o.pictures == "-":
		return usagef("--output %s: --explain writes pictures to a directory", o.pictures)
	}
	if err := o.cam.check(o.f, many, format == render.DefaultFormat); err != nil {
		return err
	}
	return o.images.check()
}

// topFlag is a number of labels; 0 is all of them.
type topFlag struct {
	given bool
	n     int
}

func (t *topFlag) Type() string { return "N" }

func (t *topFlag) String() string {
	switch {
	case !t.given:
		return ""
	case t.n == 0:
		return "all"
	}
	return strconv.Itoa(t.n)
}

func (t *topFlag) Set(text string) error {
	n, err := strconv.Atoi(text)
	if text != "all" && (err != nil || n < 1) {
		return usagef("want 1 or more, or all")
	}
	t.given, t.n = true, n
	return nil
}

// labels is how many labels, or images like it, are shown of an image; 0 is all.
func (t *topFlag) labels(many bool) int {
	switch {
	case t.given:
		return t.n
	case many:
		return 1
	}
	return 5
}
