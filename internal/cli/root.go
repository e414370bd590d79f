// Package cli is the command line: a file a verb, each an options struct, a constructor newXCmd and a function runX.
package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"resnet/internal/config"
	"resnet/internal/nearest"
)

// The groups that commands are listed in.
const (
	groupLook      = "look"
	groupClassify  = "classify"
	groupDocuments = "documents"
	groupSetup     = "set-up"
)

func newRootCmd(f *factory) *cobra.Command {
	if f.engine != nil {
		return newEngineCmd(f)
	}
	root := newRoot(f, &cobra.Command{
		Use:   "resnet",
		Short: "Trace tensors through residual networks, and classify images",
		Example: `  resnet trace 50                        every layer of ResNet-50: kernel, padding, stride, shapes
  resnet summary 34                      what each stage does to planes and dimensions
  resnet classify img.jpg                five labels for a photo, with a built-in network`,
	})
	root.AddGroup(
		&cobra.Group{ID: groupLook, Title: "Look"},
		&cobra.Group{ID: groupClassify, Title: "Classify"},
		&cobra.Group{ID: groupDocuments, Title: "Documents"},
		&cobra.Group{ID: groupSetup, Title: "Set-up"},
	)
	root.SetHelpCommandGroupID(groupSetup)
	root.SetCompletionCommandGroupID(groupSetup)
	root.AddCommand(
		// One line a command.
		newBatchCmd(f),
		newBenchCmd(f),
		newClassifyCmd(f),
		newCurvesCmd(f),
		newDiffCmd(f),
		newDocsCmd(f),
		newDrawCmd(f),
		newEvalCmd(f),
		newFeaturesCmd(f),
		newFitCmd(f),
		newModelsCmd(f),
		newPreprocessCmd(f),
		newReportCmd(f),
		newServeCmd(f),
		newSettingsCmd(f),
		newSimilarCmd(f),
		newSummaryCmd(f),
		newTraceCmd(f),
		newTrainCmd(f),
		newVersionCmd(f),
		newWeightsCmd(f),
	)
	addBashFallbacks(root)
	return root
}

// newRoot makes a command the one that all others of a program are below.
func newRoot(f *factory, root *cobra.Command) *cobra.Command {
	root.Version = buildVersion()
	root.Args = noArgs
	root.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { return f.prepare(cmd) }
	root.SetVersionTemplate(fmt.Sprintf(versionLine, f.program(), "{{.Version}}"))
	root.SetIn(f.In)
	root.SetOut(f.Out)
	root.SetErr(f.Err)
	root.SetGlobalNormalizationFunc(normalizeFlag)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	setHelp(root, f)
	addGlobalFlags(root, f)
	return root
}

func addGlobalFlags(root *cobra.Command, f *factory) {
	flags := root.PersistentFlags()
	f.color = "auto"
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no warnings, hints and progress")
	choiceFlag(root, flags, &f.color, "color", []string{"auto", "always", "never"}, "colour and emphasis")
	flags.BoolVar(&f.formulas, "csv-formulas", false, "leave CSV cells that begin with = + - @ as they are (otherwise an apostrophe before them)")
	flags.IntVar(&f.width, "width", 0, "fit tables into `COLUMNS` (0: the terminal's)")
}

// prepare runs before every command, once its flags are parsed.
func (f *factory) prepare(cmd *cobra.Command) error {
	f.flags = cmd.Flags()
	if f.settings {
		settings, err := config.LoadSettings(f.dir)
		if err != nil {
			return err
		}
		if err := settings.Apply(cmd.Flags()); err != nil {
			return err
		}
		if f.environ != nil {
			for _, mistyped := range config.MistypedVariables(f.environ()) {
				f.warnf("the environment's %s", mistyped)
			}
		}
	}
	if f.width < 0 {
		return usagef("--width %d: must not be negative", f.width)
	}
	return f.checkOutputs(cmd)
}

// noArgs is for commands that take flags alone.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasAvailableSubCommands() {
		return usagef("%s takes no argument, got %q", cmd.CommandPath(), args[0])
	}
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return usagef("%s has no command %q%s", cmd.CommandPath(), args[0], nearest.Hint(args[0], names))
}

// needArgs is for commands that take one or more of what is called name.
func needArgs(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError{errors.New(cmd.CommandPath() + " needs " + name)}
		}
		return nil
	}
}
