package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/imaging"
)

// preprocessFlags override parts of a network's preprocessing.
type preprocessFlags struct {
	resize, crop  string
	interpolation string
	convention    string
	mean, std     []float32
}

func (p *preprocessFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&p.resize, "resize", "", "shorter side in `PIXELS`, or HEIGHTxWIDTH")
	flags.StringVar(&p.crop, "crop", "", "centre that is kept, in `PIXELS` or HEIGHTxWIDTH")
	flags.StringVar(&p.interpolation, "interpolation", "", "`FILTER` of the resize: bilinear, bicubic, lanczos, box, nearest")
	flags.StringVar(&p.convention, "preprocess", "", "`CONVENTION` for pixels: "+strings.Join(imaging.Conventions(), ", "))
	flags.Float32SliceVar(&p.mean, "mean", nil, "`R,G,B` subtracted from values in 0 to 1")
	flags.Float32SliceVar(&p.std, "std", nil, "`R,G,B` that divide what is left")
	for _, name := range []string{"mean", "std"} {
		flags.Lookup(name).DefValue = "" // not "[]"
	}
	words := make([]string, 0, 5)
	for _, filter := range imaging.Interpolations() {
		words = append(words, string(filter))
	}
	completeWords(cmd, "interpolation", words)
	completeWords(cmd, "preprocess", imaging.Conventions())
}

// pixels tells whether the flags say all of how pixels become numbers.
func (p *preprocessFlags) pixels() bool {
	return p.convention != "" || len(p.mean) > 0 && len(p.std) > 0
}

// over is a network's own preprocessing with what the flags change.
func (p *preprocessFlags) over(own imaging.Preprocess) (imaging.Preprocess, error) {
	var err error
	if p.resize != "" {
		if own.Resize, err = imaging.ParseSize(p.resize); err != nil {
			return own, usagef("--resize: %w", err)
		}
	}
	if p.crop != "" {
		if own.Crop, err = imaging.ParseSize(p.crop); err != nil {
			return own, usagef("--crop: %w", err)
		}
	}
	if p.interpolation != "" {
		if own.Interpolation, err = imaging.ParseInterpolation(p.interpolation); err != nil {
			return own, usagef("--interpolation: %w", err)
		}
	}
	if p.convention != "" {
		if own, err = own.As(p.convention); err != nil {
			return own, usagef("--preprocess: %w", err)
		}
		if own.Gray {
			own = own.OneChannel()
		}
	}
	for _, channel := range []struct {
		name   string
		values []float32
		dst    *[3]float32
	}{{"mean", p.mean, &own.Mean}, {"std", p.std, &own.Std}} {
		switch len(channel.values) {
		case 0:
		case own.Channels():
			for i := range channel.dst {
				channel.dst[i] = channel.values[i%own.Channels()]
			}
		default:
			return own, usagef("--%s: %d numbers, want %s", channel.name, len(channel.values), map[bool]string{false: "3: red, green, blue", true: "1: the network sees gray"}[own.Gray])
		}
	}
	if err := own.Validate(); err != nil {
		return own, usageError{err}
	}
	return own, nil
}
