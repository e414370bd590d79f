package cli

import (
	"os"

	"github.com/spf13/cobra"

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
	sheet      evalSheet
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
source, say. --sheet writes a web page of the images that it is most wrong about.`,
		Example: `  resnet eval tiny-imagenet/val --exif ignore
  resnet eval photos --list labels.json --arch 18 --weights resnet18.safetensors
  resnet eval val/ --weights resnet50 --sheet worst.html
  resnet eval val/ --weights resnet50 --against resnet50.int8.safetensors`,
		GroupID: groupClassify,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 0 && opts.list == "" {
				return usagef("eval needs one DIR, or --list FILE")
			}
			if err := opts.sheet.check(cmd); err != nil {
				return err
			}
			return runEval(cmd.Context(), opts, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&opts.list, "list", "", "`FILE` of files and their classes")
	opts.trained.add(cmd)
	flags.StringVar(&opts.against, "against", "", "compare with other weights: a checkpoint `FILE`, a folder, or a set")
	opts.sheet.add(cmd)
	opts.images.add(cmd)
	opts.preprocess.add(cmd)
	opts.engine.add(cmd)
	opts.output.add(cmd, render.Formats(&render.Evaluation{})...)
	return cmd
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
