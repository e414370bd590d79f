package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"resnet/internal/bind"
	"resnet/internal/config"
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
	w.match = matchNames
	flags := cmd.Flags()
	flags.StringVar(&w.name, "weights", "", "trained weights: a checkpoint `FILE`, a folder, or a set (resnet weights list)")
	choiceFlag(cmd, flags, &w.match, "match", []string{matchNames, matchStructure}, "bind tensors by name, or by order and shape")
	flags.BoolVar(&w.pull, "pull", false, "download weights that are not on this disk")
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return setNames(), cobra.ShellCompDirectiveDefault // a file may follow too
	}
	if err := cmd.RegisterFlagCompletionFunc("weights", complete); err != nil {
		panic(err) // the flag was just added
	}
}

func (w *weightsFlags) bindOptions() bind.Options {
	return bind.Options{Structure: w.match == matchStructure}
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
func (f *factory) cache() (*weights.Cache, error) {
	dir, err := weights.CacheDir(f.getenv)
	if err != nil {
		return nil, err
	}
	return &weights.Cache{Dir: dir}, nil
}

// puller downloads into the cache, and shows how far it is.
func (f *factory) puller(offline bool) (*weights.Puller, error) {
	cache, err := f.cache()
	if err != nil {
		return nil, err
	}
	show := f.newPullProgress()
	return &weights.Puller{Cache: cache, Offline: offline || isOn(f.getenv("RESNET_OFFLINE")), Progress: show.tell}, nil
}

// isOn reads a variable that is set for yes: anything but 0, false and no.
func isOn(value string) bool {
	switch value {
	case "", "0", "false", "no", "off":
		return false
	}
	return true
}

// resolve finds weights by what a user calls them. A set's name counts only where there is no such file.
func (f *factory) resolve(ctx context.Context, what string, pull bool) (*weights.Source, error) {
	p, err := f.puller(false)
	if err != nil {
		return nil, err
	}
	typed := what
	if _, err := os.Stat(f.path(what)); err == nil {
		what = f.path(what)
	} else if arch, ok := config.Lookup(what); ok {
		s, err := findSet(arch)
		if err != nil {
			return nil, err
		}
		what = s.Name
	}
	source, err := p.Resolve(ctx, what, pull)
	if err != nil {
		return nil, err
	}
	if source.Name == what && source.Set == nil {
		source.Name = typed
	}
	return source, nil
}

// describe says in a few words where weights come from.
func describe(s *weights.Source) string {
	if s.Builtin() {
		return s.Name + " (built in)"
	}
	if s.Set != nil && s.Set.Name != s.Name {
		return fmt.Sprintf("%s (%s)", s.Name, s.Set.Name)
	}
	return s.Name
}
