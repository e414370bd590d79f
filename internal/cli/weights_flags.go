package cli

import (
	"github.com/spf13/cobra"

	"resnet/internal/model"
	"resnet/internal/nets"
	"resnet/internal/weights"
)

// weightsFlags say which trained weights a command takes, and how.
type weightsFlags struct {
	name    string // a file, a folder or a set's name; "" where none is given
	reading readingFlags
	pull    bool
}

const (
	matchNames     = "names"
	matchStructure = "structure"
)

func (w *weightsFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&w.name, "weights", "", "trained weights: a checkpoint `FILE`, a folder, or a set (resnet weights list)")
	w.reading.add(cmd)
	flags.BoolVar(&w.pull, "pull", false, "download weights that are not on this disk")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return setNames(), cobra.ShellCompDirectiveDefault // a file may follow too
	}
	if err := cmd.RegisterFlagCompletionFunc("weights", complete); err != nil {
		panic(err) // the flag was just added
	}
}

func (w *weightsFlags) choice() nets.Choice {
	c := w.reading.choice("")
	c.Weights, c.Pull = w.name, w.pull
	return c
}

// readingFlags say how a checkpoint is to be understood.
type readingFlags struct {
	match, shortcut string
	allowExtra      bool
}

func (r *readingFlags) add(cmd *cobra.Command) {
	r.match = matchNames
	choiceFlag(cmd, cmd.Flags(), &r.match, "match", []string{matchNames, matchStructure}, "take tensors by name, or by order and shape")
	choiceFlag(cmd, cmd.Flags(), &r.shortcut, "shortcut", bareNames(), "shortcuts of a checkpoint that has none with parameters")
	allowExtraFlag(cmd, &r.allowExtra)
	cmd.MarkFlagsMutuallyExclusive("match", "allow-extra")
}

// allowExtraFlag is for tensors that no layer takes. What is missing is never passed over.
func allowExtraFlag(cmd *cobra.Command, allow *bool) {
	cmd.Flags().BoolVar(allow, "allow-extra", false, "pass over tensors outside of the network's own layers")
}

// choice is of a network by its name, as it is to be understood where it is a checkpoint.
func (r *readingFlags) choice(net string) nets.Choice {
	return nets.Choice{Net: net, Structure: r.match == matchStructure, Shortcut: r.shortcut, AllowExtra: r.allowExtra}
}

// bareNames are the shortcuts that no tensor tells.
func bareNames() []string {
	var names []string
	for _, b := range model.Bares() {
		names = append(names, b.Name)
	}
	return names
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
