package cli

import (
	"time"

	"github.com/spf13/cobra"

	"resnet/internal/imaging"
	"resnet/internal/nets"
)

// imageFlags say which images a command takes, and how they are read.
type imageFlags struct {
	recursive bool
	failFast  bool
	exif      string
	maxPixels int64
	maxMemory int64 // MiB, of all decoders together
	timeout   time.Duration
	budget    *imaging.Budget
}

func (i *imageFlags) add(cmd *cobra.Command) {
	i.exif = "apply"
	cmd.Flags().BoolVarP(&i.recursive, "recursive", "r", false, "all images below a directory")
	cmd.Flags().BoolVar(&i.failFast, "fail-fast", false, "stop at the first image that fails")
	choiceFlag(cmd, cmd.Flags(), &i.exif, "exif", []string{"apply", "ignore"}, "EXIF's orientation")
	cmd.Flags().Int64Var(&i.maxPixels, "max-pixels", imaging.DefaultMaxPixels, "refuse images of more than `N` pixels")
	cmd.Flags().Int64Var(&i.maxMemory, "max-image-memory", imaging.DefaultBudgetBytes>>20, "memory of all decoders together, in `MIB`")
	cmd.Flags().DurationVar(&i.timeout, "timeout", time.Minute, "give up decoding an image after a `TIME`; 0: never")
}

func (i *imageFlags) check() error {
	if i.maxPixels < 1 {
		return usagef("--max-pixels %d: want 1 or more", i.maxPixels)
	}
	if i.maxMemory < 1 || i.maxMemory > 1<<30 {
		return usagef("--max-image-memory %d: want MiB, 1 or more", i.maxMemory)
	}
	if i.timeout < 0 {
		return usagef("--timeout %v: must not be negative", i.timeout)
	}
	i.budget = imaging.NewBudget(i.maxMemory << 20)
	return nil
}

func (i *imageFlags) decoding(f *factory) nets.Decoding {
	return nets.Decoding{
		Options: imaging.Options{
			IgnoreEXIF: i.exif == "ignore",
			Limits:     imaging.Limits{MaxPixels: i.maxPixels},
			Budget:     i.budget,
		},
		Warn:    f.warnImage,
		Timeout: i.timeout,
	}
}
