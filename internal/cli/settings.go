package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/config"
	"resnet/internal/format"
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
	opts.output.add(cmd, settingsFormats.Formats("table", nil)...)
	return cmd
}

var settingsFormats = format.New[func(w io.Writer, values []config.Value, files []string) error]("settings")

func init() {
	settingsFormats.Register("table", writeSettingsTable)
	settingsFormats.Register("json", writeSettingsJSON)
}

func runSettings(opts *settingsOptions) error {
	name, err := opts.output.formatName()
	if err != nil {
		return err
	}
	write, err := settingsFormats.Writer(name)
	if err != nil {
		return err
	}
	settings, err := config.LoadSettings(opts.f.dir)
	if err != nil {
		return err
	}
	var values []config.Value
	for _, s := range config.AllSettings() {
		v, err := settings.Value(s, opts.flags)
		if err != nil {
			return err
		}
		values = append(values, v)
	}
	return opts.f.writeOutput(opts.output.file, func(w io.Writer) error {
		return write(w, values, config.SettingsFiles(opts.f.dir))
	})
}

func writeSettingsTable(w io.Writer, values []config.Value, files []string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "setting\tvalue\twhat it is\tfrom")
	for _, v := range values {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", v.Key, v.Text, v.Usage, v.Source)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, file := range files {
		state := "read"
		if !exists(file) {
			state = "not there"
		}
		fmt.Fprintf(w, "%s: %s\n", file, state)
	}
	return nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func writeSettingsJSON(w io.Writer, values []config.Value, files []string) error {
	type jsonFile struct {
		Path   string `json:"path"`
		Exists bool   `json:"exists"`
	}
	type jsonValue struct {
		Key   string `json:"key"`
		Value string `json:"value"`
		From  string `json:"from"`
	}
	view := struct {
		Schema   string      `json:"schema"`
		Settings []jsonValue `json:"settings"`
		Files    []jsonFile  `json:"files"`
	}{Schema: "resnet.settings/v1"}
	for _, v := range values {
		view.Settings = append(view.Settings, jsonValue{v.Key, v.Text, v.Source})
	}
	for _, file := range files {
		view.Files = append(view.Files, jsonFile{file, exists(file)})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(view)
}
