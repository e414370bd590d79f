package cli

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/draw"
	"resnet/internal/format"
)

// camFlags ask for class activation maps.
type camFlags struct {
	to      string // a file, a directory for several images, or - for the terminal
	format  string
	classes []string
	layer   string
	scale   string
	sheet   string
}

// The scales of --cam-scale.
const (
	scaleOwn  = "own"
	scaleSame = "same"
)

// mapFiles are the formats of maps; what is registered makes what writes those of one image.
var mapFiles = format.New[func(*cameraman, context.Context, *filmed) (func(io.Writer) error, error)]("maps")

func init() {
	mapFiles.Register("png", (*cameraman).png)
	mapFiles.Register("npy", (*cameraman).npy)
	mapFiles.Register("csv", (*cameraman).csv)
}

func camFormats() []string { return mapFiles.Formats("png", nil) }

func (c *camFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&c.to, "cam", "", "class activation maps to `FILE` (.png, .npy, .csv), of several images into DIR/, or - to look at")
	choiceFlag(cmd, flags, &c.format, "cam-format", camFormats(), "of --cam DIR/ (default png)")
	flags.StringArrayVar(&c.classes, "cam-class", nil, "map of `CLASS`, an index, id or label, not of the top ones; may be repeated")
	flags.StringVar(&c.layer, "cam-layer", "", "strength of a layer's activations at `PATH`; only the last map is of a class")
	choiceFlag(cmd, flags, &c.scale, "cam-scale", []string{scaleOwn, scaleSame}, "of colours, for each map its own or one for all of a photo (default own)")
	flags.StringVar(&c.sheet, "sheet", "", "contact sheet of all images to `FILE.html`, with their maps")
}

// given tells whether any map is asked for.
func (c *camFlags) given() bool { return c.to != "" || c.sheet != "" }

// check refuses what can't go together, and works out the format of the files; table tells that results are for people.
func (c *camFlags) check(f *factory, many, table bool) error {
	if err := checkSheet(c.sheet); err != nil {
		return err
	}
	switch {
	case !c.given() && (c.classes != nil || c.layer != ""):
		return usagef("--cam-class and --cam-layer go with --cam or --sheet")
	case c.format != "" && (c.to == "" || c.to == "-"):
		return usagef("--cam-format goes with --cam FILE or DIR/")
	case c.to == "-" && (many || !table):
		return usagef("--cam - is for one image, below its table; for others give a FILE or DIR/")
	case c.scale != "" && c.to == "":
		return c.unscaled()
	case c.to == "" || c.to == "-":
		return nil
	}
	extension := strings.TrimPrefix(strings.ToLower(filepath.Ext(c.to)), ".")
	known := slices.Contains(camFormats(), extension)
	switch {
	case c.isDir(f) || c.format != "" && !many:
	case many && filepath.Ext(c.to) != "":
		return usagef("--cam %s: several images; give a directory: --cam %s/", c.to, strings.TrimSuffix(c.to, filepath.Ext(c.to)))
	case !many && !known:
		return usagef("--cam %s: want a name that ends in .png, .npy or .csv, or a directory with a / at its end", c.to)
	}
	if c.format == "" {
		c.format = camFormats()[0]
		if known && !c.isDir(f) {
			c.format = extension
		}
	}
	if c.scale != "" && c.format != "png" {
		return c.unscaled()
	}
	if many && !c.isDir(f) {
		c.to += string(filepath.Separator)
	}
	return nil
}

// unscaled refuses a scale of colours where none are drawn, or only one map of a photo is.
func (c *camFlags) unscaled() error {
	return usagef("--cam-scale goes with pictures of maps: --cam FILE.png, DIR/ or -")
}

// isDir tells whether maps go into a directory, by the paths of their images.
func (c *camFlags) isDir(f *factory) bool {
	if c.to == "" || os.IsPathSeparator(c.to[len(c.to)-1]) {
		return c.to != ""
	}
	info, err := os.Stat(f.path(c.to))
	return err == nil && info.IsDir()
}

// target is where the maps of an image go.
func (c *camFlags) target(f *factory, rel string) string {
	if c.isDir(f) {
		return filepath.Join(c.to, rel) + "." + c.format
	}
	return c.to
}

// panels checks how many maps a picture would have.
func (c *camFlags) panels(n int) error {
	if n+1 > draw.MaxPanels && (c.to == "-" || c.to != "" && c.format == "png") {
		return usagef("--cam: a picture has at most %d maps; .npy and .csv take all", draw.MaxPanels-1)
	}
	return nil
}
