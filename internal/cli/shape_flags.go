package cli

import (
	"github.com/spf13/cobra"

	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/tensor"
)

// shapeFlags are --batch and --size.
type shapeFlags struct {
	batch int
	size  sizeFlag
}

func (i *shapeFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVarP(&i.batch, "batch", "b", 1, "input of `N` images")
	cmd.Flags().Var(&i.size, "size", "of the input in pixels: `HxW` is height x width, one number a square (default: the network's own)")
}

// shape is that of the input for a network, or an error where the network does not admit it.
func (i *shapeFlags) shape(n *nets.Net) (tensor.Shape, error) {
	if i.batch < 1 {
		return nil, usagef("--batch %d: want 1 or more", i.batch)
	}
	return n.InputShape(i.batch, i.size.Size)
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
	s.Size = s.Square()
	return err
}
