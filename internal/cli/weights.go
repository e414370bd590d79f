package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/weights"
)

func newWeightsCmd(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "weights",
		Short: "List, download, look into and convert trained weights",
		Long: `List, download, look into and convert trained weights.

Sets have timm's names (resnet50.tv2_in1k) and torchvision's (resnet50.IMAGENET1K_V2); resnet50 alone is
torchvision's default. They are kept in a cache: $RESNET_CACHE, else resnet below the system's directory for
caches. Whatever is downloaded, no command's default changes.`,
		Example: `  resnet weights list
  resnet weights pull resnet50
  resnet weights inspect model.pth
  resnet weights convert model.pth model.safetensors --dtype float16`,
		GroupID: groupClassify,
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newWeightsListCmd(f), newWeightsPullCmd(f), newWeightsAddCmd(f), newWeightsPathCmd(f), newWeightsVerifyCmd(f),
		newWeightsRmCmd(f), newWeightsInspectCmd(f), newWeightsConvertCmd(f), newWeightsQuantizeCmd(f),
	)
	return cmd
}

func newWeightsListCmd(f *factory) *cobra.Command {
	var output outputFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the sets there are, and which of them are on this disk",
		Long: `List the sets there are: the built-in ones, torchvision's, timm's best known ones, and what was added to
the cache. Accuracies are published ones for ImageNet's validation pictures, in percent, at the size
in column "at"; preprocessing is the shorter side, the crop and the filter.`,
		Example: `  resnet weights list
  resnet weights list --format json | jq -r '.sets[] | select(.path != "").name'`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return runWeightsList(f, &output) },
	}
	output.add(cmd, render.Formats(&render.WeightSets{})...)
	return cmd
}

func runWeightsList(f *factory, output *outputFlags) error {
	format, err := output.formatName()
	if err != nil {
		return err
	}
	cache, err := f.cache()
	if err != nil {
		return err
	}
	entries, err := cache.List()
	if err != nil {
		return err
	}
	here := map[string]*weights.Entry{}
	for _, e := range entries {
		here[e.Name] = e
	}
	view := &render.WeightSets{}
	for _, s := range weights.Sets() {
		view.Sets = append(view.Sets, viewOfSet(s, here[s.Name]))
		delete(here, s.Name)
	}
	for _, e := range entries {
		if here[e.Name] != nil { // of no manifest
			view.Sets = append(view.Sets, render.WeightSet{
				Name: e.Name, Source: "added", URL: e.URL, SHA256: e.SHA256, Size: e.Size, SizeIsExact: true, Path: e.Path, Here: "yes",
			})
		}
	}
	return f.writeOutput(output.file, func(w io.Writer) error {
		return render.Write(w, view, format, f.look(output.file, format))
	})
}

// viewOfSet shows a set of the manifest; e is nil where it is not on this disk.
func viewOfSet(s weights.Set, e *weights.Entry) render.WeightSet {
	view := render.WeightSet{
		Name: s.Name, Aliases: s.Aliases, Arch: s.Arch, Source: s.Source, License: s.License, URL: s.URL,
		SHA256: s.SHA256, SHA256Prefix: s.SHA256Prefix, Size: s.AboutBytes(), SizeIsExact: s.Size > 0,
		Top1: s.Top1, Top5: s.Top5, MeasuredAt: s.MeasuredAt, Labels: s.Labels, Preprocess: s.Preprocess,
		Crop:     s.Preprocess.Crop.Height,
		Prepared: fmt.Sprintf("%v → %v %s", s.Preprocess.Resize, s.Preprocess.Crop, s.Preprocess.Interpolation),
	}
	switch {
	case s.Builtin():
		view.Here = "built in"
	case e != nil:
		view.Here, view.Path = "yes", e.Path
		view.SHA256, view.SHA256Prefix, view.Size, view.SizeIsExact = e.SHA256, "", e.Size, true
	}
	return view
}

// findEntry gives what the cache has under a name, whether or not it is still what it was.
func findEntry(cache *weights.Cache, name string) (*weights.Entry, error) {
	e, err := cache.Recorded(weights.Set{Name: name})
	if !errors.Is(err, weights.ErrAbsent) {
		return e, err
	}
	s, err := nets.FindSet(name)
	if err != nil {
		return nil, err
	}
	if s.Builtin() {
		return nil, fmt.Errorf("%s is built in, not a file", s.Name)
	}
	e, err = cache.Recorded(s)
	if errors.Is(err, weights.ErrAbsent) {
		return nil, fmt.Errorf("%s is not on this disk: resnet weights pull %s", s.Name, s.Name)
	}
	return e, err
}

// completeCached makes the shell complete what the cache has.
func completeCached(cmd *cobra.Command, f *factory) {
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		if cache, err := f.cache(); err == nil {
			entries, _ := cache.List()
			for _, e := range entries {
				names = append(names, e.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
