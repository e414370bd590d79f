package cli

import (
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/config"
	"resnet/internal/render"
)

type settingsOptions struct {
	f      *factory
	flags  *pflag.FlagSet
	output outputFlags
}

func newSettingsCmd(f *factory) *cobra.Command {
	opts := &settingsOptions{f: f}
	cmd := &cobra.Command{
		Use:   "settings",
		Short: "Show each setting and where it came from",
		Long: `Show each setting and where it came from.

A setting is a flag's value for all commands that have the flag. What counts is the flag itself; else
the variable RESNET_ARCH, RESNET_FORMAT and so on; else .resnet.yaml in the working directory; else
resnet/settings.yaml in the user's configuration directory ($XDG_CONFIG_HOME). Such a file has a line
for each setting: "arch: resnet34".`,
		Example: `  resnet settings
  RESNET_ARCH=34 resnet settings --format json`,
		GroupID: groupSetup,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts.flags = cmd.Flags()
			return runSettings(opts)
		},
	}
	opts.output.add(cmd, render.Formats(&render.Settings{})...)
	return cmd
}

func runSettings(opts *settingsOptions) error {
	format, err := opts.output.formatName()
	if err != nil {
		return err
	}
	settings, err := config.LoadSettings(opts.f.dir)
	if err != nil {
		return err
	}
	view := &render.Settings{}
	for _, s := range config.AllSettings() {
		v, err := settings.Value(s, opts.flags)
		if err != nil {
			return err
		}
		view.Values = append(view.Values, render.Setting{Key: v.Key, Value: v.Text, From: v.Source, Usage: v.Usage})
	}
	for _, file := range config.SettingsFiles(opts.f.dir) {
		_, err := os.Stat(file)
		view.Files = append(view.Files, render.SettingsFile{Path: file, Exists: err == nil})
	}
	return opts.f.writeOutput(opts.output.file, func(w io.Writer) error {
		return render.Write(w, view, format, opts.f.look(opts.output.file, format))
	})
}
