package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"resnet/internal/atomicfile"
	"resnet/internal/learn"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/train"
	"resnet/internal/weights"
)

func newWeightsPathCmd(f *factory) *cobra.Command {
	var features, photos bool
	cmd := &cobra.Command{
		Use:   "path [NAME]",
		Short: "Print where a set is on this disk, or where the cache is",
		Long: `Print where a set is on this disk, or where the cache is; with --features where fit keeps features of
photos, with --photos where train keeps decoded ones, and to people how much that is.`,
		Example: `  cp "$(resnet weights path resnet50)" .
  resnet weights path --features`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("resnet weights path takes one set, got %q", args)
			}
			cache, err := f.cache()
			if err != nil {
				return err
			}
			path := cache.Dir
			if given := map[bool]int{true: 1}; given[features]+given[photos]+given[len(args) == 1] > 1 {
				return usagef("resnet weights path takes a set, or --features, or --photos")
			}
			if features || photos {
				path = keptFolder(cache, photos)
				if size, err := sizeOf(path); err == nil {
					f.hintf("%s", number.Memory(size))
				}
			}
			if len(args) == 1 {
				e, err := findEntry(cache, args[0])
				if err != nil {
					return failed(err)
				}
				path = e.Path
			}
			_, err = fmt.Fprintln(f.Out, path)
			return failed(err)
		},
	}
	cmd.Flags().BoolVar(&features, "features", false, "features of photos, which fit keeps")
	cmd.Flags().BoolVar(&photos, "photos", false, "decoded photos, which train keeps")
	completeCached(cmd, f)
	return cmd
}

// sizeOf is that of the files of a folder; of one that is not there 0.
func sizeOf(dir string) (size int64, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			size += info.Size()
		}
	}
	return size, err
}

// keptFolder is where train keeps decoded photos, or fit their features.
func keptFolder(cache *weights.Cache, photos bool) string {
	if photos {
		return train.CacheFolder(cache.Dir)
	}
	return learn.CacheFolder(cache.Dir)
}

// removeFolder removes a folder of what is kept beside sets.
func (f *factory) removeFolder(dir string) error {
	size, err := sizeOf(dir)
	if err == nil {
		err = atomicfile.RemoveAll(dir)
	}
	if err != nil {
		return failed(err)
	}
	_, err = fmt.Fprintf(f.Out, "%s freed\n", number.Memory(size))
	return failed(err)
}

func newWeightsVerifyCmd(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify [NAME...]",
		Short: "Hash the sets on this disk again, and run the built-in ones",
		Long: `Hash the sets on this disk again, or those that are named, and count values that are no numbers. The
built-in sets run a forward pass, and their logits are compared with PyTorch's.

Exit code: 0 all is well, 1 something is damaged, 2 nothing of that name is there.`,
		Example: `  resnet weights verify
  resnet weights verify resnet50.tv2_in1k`,
		RunE: func(cmd *cobra.Command, args []string) error { return runWeightsVerify(cmd.Context(), f, args) },
	}
	completeCached(cmd, f)
	return cmd
}

func runWeightsVerify(ctx context.Context, f *factory, names []string) error {
	cache, err := f.cache()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		for _, s := range weights.Builtins() {
			names = append(names, s.Name)
		}
		entries, err := cache.List()
		if err != nil {
			return err
		}
		for _, e := range entries {
			names = append(names, e.Name)
		}
	}
	bad, checked := false, false
	for _, name := range names {
		result, err := verify(ctx, cache, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		checked = checked || err == nil || is[*weights.DamagedError](err)
		if err != nil {
			bad = true
			f.errorLine(name, err)
			continue
		}
		if _, err := fmt.Fprintf(f.Out, "%s: %s\n", name, result); err != nil {
			return failed(err)
		}
	}
	switch {
	case !checked:
		return errNothing
	case bad:
		return errFailed
	}
	return nil
}

// verify checks one set, and says what was found.
func verify(ctx context.Context, cache *weights.Cache, name string) (string, error) {
	if s, err := nets.FindSet(name); err == nil && s.Builtin() {
		return verifyBuiltin(ctx, s)
	}
	e, err := findEntry(cache, name)
	if err != nil {
		return "", err
	}
	if err := cache.Verify(e, nil); err != nil {
		return "", err
	}
	file, err := (&weights.Source{Name: e.Name, Path: e.Path}).Open()
	if err != nil {
		return "", err
	}
	defer file.Close()
	bad, err := weights.NonFinite(file)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("sha256 %s, %s, %s", e.SHA256, number.Memory(e.Size), plural(bad, "value that is no finite number", "values that are no finite numbers")), nil
}

func verifyBuiltin(ctx context.Context, s weights.Set) (string, error) {
	difference, err := nets.CheckBuiltin(ctx, s)
	if err != nil {
		return "", err
	}
	const most = 1e-4
	if !(difference <= most) {
		return "", fmt.Errorf("its logits differ from PyTorch's by %.2g of the largest, at most %.0e", difference, most)
	}
	return fmt.Sprintf("built in, logits as PyTorch's to %.1e", difference), nil
}

// plural counts in words: "no value", "1 value", "2 values".
func plural(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + one
	case 1:
		return "1 " + one
	}
	return number.Thousands(int64(n)) + " " + many
}

func newWeightsRmCmd(f *factory) *cobra.Command {
	var unused, features, photos bool
	var days int
	cmd := &cobra.Command{
		Use:   "rm [NAME...]",
		Short: "Remove sets from this disk",
		Long: `Remove sets from this disk, by name; or with --unused those that no command has used for --days, and what
downloads have left behind; or with --features those of photos, which fit keeps; or with --photos decoded
photos, which train keeps.`,
		Example: `  resnet weights rm resnet18.tv_in1k
  resnet weights rm --unused --days 90
  resnet weights rm --features`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if given := map[bool]int{true: 1}; given[unused]+given[features]+given[photos]+given[len(args) > 0] != 1 {
				return usagef("resnet weights rm needs the name of a set, or --unused, --features or --photos")
			}
			if cmd.Flags().Changed("days") && !unused {
				return usagef("--days goes with --unused")
			}
			if days < 0 {
				return usagef("--days %d: must not be negative", days)
			}
			cache, err := f.cache()
			if err != nil {
				return err
			}
			if features || photos {
				return f.removeFolder(keptFolder(cache, photos))
			}
			if unused {
				return f.removeUnused(cache, time.Now().AddDate(0, 0, -days))
			}
			return f.eachSet(cmd.Context(), args, func(_ context.Context, name string) error {
				e, err := findEntry(cache, name)
				if err != nil {
					return err
				}
				if err := cache.Remove(e); err != nil {
					return err
				}
				_, err = fmt.Fprintf(f.Out, "removed %s, %s\n", e.Name, number.Memory(e.Size))
				return failed(err)
			})
		},
	}
	cmd.Flags().BoolVar(&unused, "unused", false, "remove what nobody used lately")
	cmd.Flags().BoolVar(&features, "features", false, "remove the features of photos that fit keeps")
	cmd.Flags().BoolVar(&photos, "photos", false, "remove the decoded photos that train keeps")
	cmd.Flags().IntVar(&days, "days", 30, "what --unused calls lately: the last `N` days")
	completeCached(cmd, f)
	return cmd
}

func (f *factory) removeUnused(cache *weights.Cache, since time.Time) error {
	files, err := cache.Unused(since)
	if err != nil {
		return err
	}
	freed := int64(0)
	for _, file := range files {
		n, err := cache.RemoveFile(file)
		if err != nil {
			return failed(err)
		}
		freed += n
		fmt.Fprintf(f.Out, "removed %s, %s\n", file, number.Memory(n))
	}
	_, err = fmt.Fprintf(f.Out, "%s freed\n", number.Memory(freed))
	return failed(err)
}
