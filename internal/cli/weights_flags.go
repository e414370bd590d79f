package cli

import (
	"github.com/spf13/cobra"

	"resnet/internal/nets"
	"resnet/internal/weights"
)

// weightsFlags say which trained weights a command takes, and how.
type weightsFlags struct {
	name  string // a file, a folder or a set's name; "" where none is given
	match string
	pull  bool
}

const (
	matchNames     = "names"
	matchStructure = "structure"
)

func (w *weightsFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&w.name, "weights", "", "trained weights: a checkpoint `FILE`, a folder, or a set (resnet weights list)")
	addMatchFlag(cmd, &w.match)
	flags.BoolVar(&w.pull, "pull", false, "download weights that are not on this disk")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return setNames(), cobra.ShellCompDirectiveDefault // a file may follow too
	}
	if err := cmd.RegisterFlagCompletionFunc("weights", complete); err != nil {
		panic(err) // the flag was just added
	}
}

// addMatchFlag is for what a checkpoint's tensors are bound or recognized by.
func addMatchFlag(cmd *cobra.Command, match *string) {
	*match = matchNames
	choiceFlag(cmd, cmd.Flags(), match, "match", []string{matchNames, matchStructure}, "take tensors by name, or by order and shape")
}

func (w *weightsFlags) choice() nets.Choice {
	return nets.Choice{Weights: w.name, Structure: w.match == matchStructure, Pull: w.pull}
}

// setNames are the sets by name, for completion.
func setNames() []string {
	var names []string
	for _, s := range weights.Sets() {
		names = append(names, s.Name)
	}
	return names
}

// cache is where downloaded weights are.
func (f *factory) cache() (*weights.Cache, error) { return weights.NewCache(f.getenv) }

// puller downloads into the cache, and shows how far it is.
func (f *factory) puller(offline bool) (*weights.Puller, error) {
	p, err := weights.NewPuller(f.getenv)
	if err != nil {
		return nil, err
	}
	p.Offline = p.Offline || offline
	p.Progress = f.newPullProgress().tell
	return p, nil
}

// nets finds networks and weights in the factory's world.
func (f *factory) nets() *nets.Opener {
	return &nets.Opener{Dir: f.dir, Puller: func() (*weights.Puller, error) { return f.puller(false) }, Tell: f.tell, Reads: f.reads}
}
