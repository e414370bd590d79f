package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/weights"
)

func newWeightsPullCmd(f *factory) *cobra.Command {
	var offline bool
	cmd := &cobra.Command{
		Use:   "pull NAME|URL...",
		Short: "Download sets of weights",
		Long: `Download sets of weights into the cache, by name or by an https address.

A download that breaks off goes on where it stopped, the next time too. What comes is hashed on the way
and takes its name once it is whole and right. Of some sets only the first digits of the digest are
known: the first download decides on the others. Proxies are those of $HTTPS_PROXY and $NO_PROXY.
With --offline or RESNET_OFFLINE=1 there is only what is on this disk.`,
		Example: `  resnet weights pull resnet50
  resnet weights pull resnet18.tv_in1k resnet50.a1_in1k
  resnet weights pull https://huggingface.co/timm/resnet26.bt_in1k/resolve/main/model.safetensors`,
		Args: needArgs("the name of a set, or an address"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.puller(offline)
			if err != nil {
				return err
			}
			return f.eachSet(cmd.Context(), args, func(ctx context.Context, name string) error {
				return f.pull(ctx, p, name)
			})
		},
	}
	cmd.Flags().BoolVar(&offline, "offline", false, "use no network")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return setNames(), cobra.ShellCompDirectiveNoFileComp
	}
	return cmd
}

func (f *factory) pull(ctx context.Context, p *weights.Puller, name string) error {
	s, err := pullable(p.Cache, name)
	if err != nil {
		return err
	}
	e, err := p.Pull(ctx, s)
	if err != nil {
		return err
	}
	if s.SHA256 == "" && s.Source != "" {
		f.warnf("%s: %s; from now on it is %s", s.Name, knownDigits(s), e.SHA256)
	}
	return f.showEntry(e)
}

func pullable(cache *weights.Cache, name string) (weights.Set, error) {
	if strings.Contains(name, "://") {
		return cache.SetAt(name)
	}
	return nets.FindSet(name)
}

func knownDigits(s weights.Set) string {
	if s.SHA256Prefix == "" {
		return "nothing was known of its sha256"
	}
	return "of its sha256 only the first digits were known, " + s.SHA256Prefix
}

// showEntry is a line for a set of the cache.
func (f *factory) showEntry(e *weights.Entry) error {
	_, err := fmt.Fprintf(f.Out, "%s  %s  sha256 %s  %s\n", e.Name, number.Memory(e.Size), e.SHA256, e.Path)
	return failed(err)
}

// eachSet does something with each name; errors are a line each, and the others go on.
func (f *factory) eachSet(ctx context.Context, names []string, do func(context.Context, string) error) error {
	bad := 0
	for _, name := range names {
		err := do(ctx, name)
		if errors.Is(err, context.Canceled) || len(names) == 1 {
			return err
		}
		if err != nil {
			f.errorLine(name, err)
			bad++
		}
	}
	switch bad {
	case 0:
		return nil
	case len(names):
		return errNothing
	}
	return errFailed
}

func newWeightsAddCmd(f *factory) *cobra.Command {
	return &cobra.Command{
		Use:   "add FILE...",
		Short: "Put checkpoint files that were fetched by hand into the cache",
		Long: `Put checkpoint files that were fetched by hand into the cache: hashed, and copied as a download would come
there. A file that is one of the sets (resnet weights list) is recognized by its digest or its name, and
is that set from then on; any other is called by its file's name.`,
		Example: `  resnet weights add ~/Downloads/resnet50-11ad3fa6.pth`,
		Args:    needArgs("a checkpoint file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.puller(true)
			if err != nil {
				return err
			}
			return f.eachSet(cmd.Context(), args, func(ctx context.Context, name string) error {
				e, err := p.Add(ctx, f.path(name))
				if err != nil {
					return err
				}
				return f.showEntry(e)
			})
		},
	}
}
