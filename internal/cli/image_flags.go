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
	decodingFlags
}

func (i *imageFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&i.recursive, "recursive", "r", false, "all images below a directory")
	cmd.Flags().BoolVar(&i.failFast, "fail-fast", false, "stop at the first image that fails")
	i.decodingFlags.add(cmd)
}

// decodingFlags say how images are read.
type decodingFlags struct {
	exif      string
	maxPixels int64
	maxMemory int64 // MiB, of all decoders together
	timeout   time.Duration
	budget    *imaging.Budget
}

func (d *decodingFlags) add(cmd *cobra.Command) {
	d.exif = "apply"
	choiceFlag(cmd, cmd.Flags(), &d.exif, "exif", []string{"apply", "ignore"}, "EXIF's orientation")
	cmd.Flags().Int64Var(&d.maxPixels, "max-pixels", imaging.DefaultMaxPixels, "refuse images of more than `N` pixels")
	cmd.Flags().Int64Var(&d.maxMemory, "max-image-memory", imaging.DefaultBudgetBytes>>20, "memory of all decoders together, in `MIB`")
	cmd.Flags().DurationVar(&d.timeout, "timeout", time.Minute, "give up decoding an image after a `TIME`; 0: never")
}

func (d *decodingFlags) check() error {
	if d.maxPixels < 1 {
		return usagef("--max-pixels %d: want 1 or more", d.maxPixels)
	}
	if d.maxMemory < 1 || d.maxMemory > 1<<30 {
		return usagef("--max-image-memory %d: want MiB, 1 or more", d.maxMemory)
	}
	if d.timeout < 0 {
		return usagef("--timeout %v: must not be negative", d.timeout)
	}
	d.budget = imaging.NewBudget(d.maxMemory << 20)
	return nil
}

func (d *decodingFlags) decoding(f *factory) nets.Decoding {
	return nets.Decoding{
		Options: imaging.Options{
			IgnoreEXIF: d.exif == "ignore",
			Limits:     imaging.Limits{MaxPixels: d.maxPixels},
			Budget:     d.budget,
		},
		Warn:    f.warnImage,
		Timeout: d.timeout,
	}
}
