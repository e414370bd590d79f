package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"resnet/internal/config"
	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/weights"
)

func newModelsCmd(f *factory) *cobra.Command {
	var output outputFlags
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List the networks there are, show one as YAML, check a file",
		Long: `List the networks that are built in, with parameters and multiply-adds (MACs) of one image at their own
input. "models show" prints the YAML of one, all keys with comments, to start a file of your own from;
"models check" says what is wrong with such a file.`,
		Example: `  resnet models
  resnet models show 34 > mine.yaml
  resnet models check mine.yaml`,
		GroupID: groupLook,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runModels(cmd.Context(), f, &output)
		},
	}
	output.add(cmd, render.Formats(&render.Models{})...)
	cmd.AddCommand(newModelsShowCmd(f), newModelsCheckCmd(f))
	return cmd
}

func runModels(ctx context.Context, f *factory, output *outputFlags) error {
	format, err := output.formatName()
	if err != nil {
		return err
	}
	view := &render.Models{}
	for _, name := range config.Names() {
		n, err := f.nets().OpenGraph(ctx, nets.Choice{Net: name})
		if err != nil {
			return err
		}
		info, err := modelInfo(n)
		if err != nil {
			return err
		}
		view.Nets = append(view.Nets, info)
	}
	return f.writeOutput(output.file, func(w io.Writer) error {
		return render.Write(w, view, format, f.look(output.file, format))
	})
}

// modelInfo is what a list says of a network.
func modelInfo(n *nets.Net) (render.ModelInfo, error) {
	macs, err := n.Graph.MACs(n.Graph.InputShape(1))
	if err != nil {
		return render.ModelInfo{}, fmt.Errorf("%s: %w", n.Arch.Name, err)
	}
	return render.ModelInfo{Spec: n.Arch.Spec, Description: n.Arch.Description, Params: n.Graph.ParamCount(), MACs: macs}, nil
}

func newModelsShowCmd(f *factory) *cobra.Command {
	var arch archFlag
	var file string
	cmd := &cobra.Command{
		Use:   "show [NET]",
		Short: "Print a network as YAML, all keys with comments",
		Example: `  resnet models show 34
  resnet models show 50 -o mine.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := arch.choose(cmd, args)
			if err != nil {
				return err
			}
			a, err := f.nets().Arch(cmd.Context(), name)
			if err != nil {
				return err
			}
			return f.writeOutput(file, func(w io.Writer) error {
				_, err := io.WriteString(w, config.Commented(a))
				return err
			})
		},
	}
	arch.add(cmd)
	cmd.Flags().StringVarP(&file, "output", "o", "", "write to `FILE`")
	return cmd
}

func newModelsCheckCmd(f *factory) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "Say what is wrong with YAML files of networks",
		Long: `Say what is wrong with YAML files of networks, with file:line:column on stderr. Keys and values are checked at once;
what several keys say together once each can be read; then labels and weights that the file names, which must be there
and fit the network. A set that was not pulled yet passes.

Exit code: 0 every file is a network, 1 one is not, 2 none could be read.`,
		Example: `  resnet models check mine.yaml`,
		Args:    needArgs("a YAML file"),
		RunE: func(cmd *cobra.Command, files []string) error {
			return runModelsCheck(cmd.Context(), f, files)
		},
	}
}

func runModelsCheck(ctx context.Context, f *factory, files []string) error {
	bad, unread := 0, 0
	for _, file := range files {
		text, err := f.checkModel(ctx, file)
		if err == nil {
			fmt.Fprintf(f.Out, "%s: %s\n", file, text)
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		bad++
		if is[unreadError](err) {
			unread++
		}
		for _, line := range f.errorLines(err) {
			fmt.Fprintln(f.Err, line)
		}
	}
	switch {
	case unread == len(files):
		return errNothing
	case bad > 0:
		return errFailed
	}
	return nil
}

// unreadError is a file of which nothing can be said.
type unreadError struct{ error }

func (e unreadError) Unwrap() error { return e.error }

// checkModel reads a file, builds its network with what it names, and says what it is.
func (f *factory) checkModel(ctx context.Context, file string) (string, error) {
	n, err := f.nets().OpenYAML(ctx, file)
	switch {
	case err == nil:
	case is[*config.Error](err) || is[*nets.NoYAMLError](err):
		return "", err
	default:
		return "", unreadError{err}
	}
	if err := errors.Join(checkLabels(ctx, n), f.checkWeights(ctx, file, n)); err != nil {
		return "", err
	}
	info, err := modelInfo(n)
	if err != nil {
		return "", err
	}
	return render.Sentence(info), nil
}

func checkLabels(ctx context.Context, n *nets.Net) error {
	if n.Arch.Labels == "" {
		return nil
	}
	list, err := labels.Load(ctx, n.Arch.Labels)
	if err == nil {
		err = list.Check(n.Arch.Spec.NumClasses)
	}
	if err != nil {
		return n.Arch.At("labels", err)
	}
	return nil
}

func (f *factory) checkWeights(ctx context.Context, file string, n *nets.Net) error {
	if n.Arch.Weights == "" {
		return nil
	}
	opened, err := f.nets().Open(ctx, nets.Choice{Net: file})
	if is[*weights.NotPulledError](err) {
		return nil
	}
	if err != nil {
		return n.Arch.At("weights", err)
	}
	return opened.Close()
}
