package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/config"
	"resnet/internal/imaging"
	"resnet/internal/model"
	"resnet/internal/tensor"
)

// defaultArch is the network of a command that names none.
const defaultArch = "resnet50"

// archHelp is what NET and --arch take.
const archHelp = "network `NET`: a number (50), a name, a YAML file or a checkpoint"

// net is a network that a command line names, built.
type net struct {
	*config.Arch
	graph *model.Graph
}

// loadNet finds and builds a network.
func (f *factory) loadNet(name string) (*net, error) {
	if _, builtin := config.Lookup(name); !builtin && isCheckpoint(f.path(name)) {
		w, err := f.loadWeighted(context.Background(), netChoice{net: name}) // a file, which nobody has to wait for
		if err != nil {
			return nil, err
		}
		return w.net, w.Close()
	}
	arch, err := f.loadArch(name)
	if err != nil {
		return nil, err
	}
	graph, err := model.Build(arch.Spec)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &net{Arch: arch, graph: graph}, nil
}

// loadArch finds a network by its name, or reads a YAML file.
func (f *factory) loadArch(name string) (*config.Arch, error) {
	if _, builtin := config.Lookup(name); !builtin && config.LooksLikeFile(name) {
		return config.LoadFile(f.path(name))
	}
	return config.Load(name)
}

// checkpointExtensions are what a file that is not there was meant to be.
var checkpointExtensions = []string{".safetensors", ".pth", ".pt", ".bin"}

// isCheckpoint tells a checkpoint from YAML by its first bytes: it is no text, or JSON.
func isCheckpoint(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return slices.Contains(checkpointExtensions, filepath.Ext(path)) // to say what is wrong with it
	}
	if !info.Mode().IsRegular() {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(file, head)
	head = bytes.TrimLeft(head[:n], " \t\r\n")
	return bytes.HasPrefix(head, []byte("{")) || bytes.IndexByte(head, 0) >= 0
}

// archFlag is the network of a command that takes one: NET, or --arch NET.
type archFlag struct{ name string }

func (a *archFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.name, "arch", defaultArch, archHelp)
	completeNets(cmd)
}

// choose is the one network that the command line names. A checkpoint beside --arch is the weights.
func (a *archFlag) choose(cmd *cobra.Command, args []string) (string, error) {
	weights := cmd.Flags().Lookup("weights")
	switch {
	case len(args) > 1:
		return "", usagef("%s takes one network, got %q", cmd.CommandPath(), args)
	case len(args) == 0:
		return a.name, nil
	case cmd.Flags().Changed("arch") && weights != nil && !weights.Changed && isCheckpoint(args[0]):
		return a.name, weights.Value.Set(args[0])
	case cmd.Flags().Changed("arch") && args[0] != a.name:
		return "", usagef("two networks: %s and --arch %s", args[0], a.name)
	}
	return args[0], nil
}

// completeNets makes the shell complete the built-in networks, as argument and for --arch.
func completeNets(cmd *cobra.Command) {
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return config.Names(), cobra.ShellCompDirectiveDefault // a file may follow too
	}
	cmd.ValidArgsFunction = complete
	if err := cmd.RegisterFlagCompletionFunc("arch", complete); err != nil {
		panic(err) // the flag was just added
	}
}

// inputFlags are --batch and --size.
type inputFlags struct {
	batch int
	size  sizeFlag
}

func (i *inputFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVarP(&i.batch, "batch", "b", 1, "input of `N` images")
	cmd.Flags().Var(&i.size, "size", "of the input in pixels: `HxW` is height x width, one number a square (default: the network's own)")
}

// shape is that of the input for a network, or an error where the network does not admit it.
func (i *inputFlags) shape(n *net) (tensor.Shape, error) {
	if i.batch < 1 {
		return nil, usagef("--batch %d: want 1 or more", i.batch)
	}
	shape := n.graph.InputShape(i.batch)
	if !i.size.IsZero() {
		shape[2], shape[3] = i.size.Height, i.size.Width
	}
	if _, err := n.graph.Shapes(shape); err != nil {
		return nil, fmt.Errorf("%s with an input of %v: %w", n.Name, shape, err)
	}
	return shape, nil
}

// sizeFlag is a height and width in pixels; the zero value is none.
type sizeFlag struct{ imaging.Size }

func (s *sizeFlag) Type() string { return "SIZE" }

func (s *sizeFlag) String() string {
	if s.IsZero() {
		return ""
	}
	return s.Size.String()
}

func (s *sizeFlag) Set(text string) (err error) {
	s.Size, err = imaging.ParseSize(text)
	if err == nil && s.Width == 0 {
		s.Width = s.Height
	}
	return err
}

// patternsFlag is a list of patterns, separated by commas outside of braces.
type patternsFlag struct{ patterns []string }

func (p *patternsFlag) Type() string   { return "PATTERN,..." }
func (p *patternsFlag) String() string { return strings.Join(p.patterns, ",") }

func (p *patternsFlag) Set(text string) error {
	depth, start := 0, 0
	for i, r := range text + "," {
		switch {
		case r == '{':
			depth++
		case r == '}':
			depth--
		case r == ',' && (depth <= 0 || i == len(text)):
			p.patterns = append(p.patterns, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	return nil
}
