package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"resnet/internal/atomicfile"
	"resnet/internal/config"
	"resnet/internal/nets"
	"resnet/internal/printable"
	"resnet/internal/train"
)

// newFolder refuses a folder that holds something. Runs of which no epoch is kept, as one that failed or was killed in its first
// leaves them, are nothing to lose: their configurations, which are all that is there, are given to be replaced.
func (o *trainOptions) newFolder(ctx context.Context) (empty []string, err error) {
	entries, err := os.ReadDir(o.f.path(o.out))
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0:
		return nil, nil
	case err != nil:
		return nil, usagef("-o %s: %w", o.out, bare(err))
	}
	if empty, ok := emptyRuns(ctx, o.f.path(o.out)); ok {
		return empty, nil
	}
	if found, err := runFolders(o.f.path(o.out), o.out); err == nil && len(found) > 0 {
		return nil, usagef("-o %s: a run is there; go on with it by --resume %s, or give another name", o.out, shellWord(o.out))
	}
	return nil, usagef("-o %s: there is a folder that is not empty; give another name", o.out)
}

// emptyRuns are the configurations of runs in a folder. ok is false where it holds anything else.
func emptyRuns(ctx context.Context, dir string) (files []string, ok bool) {
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || e.IsDir():
			return err
		case e.Name() != configFile || !e.Type().IsRegular():
			return fs.ErrExist
		}
		files = append(files, path)
		_, err = config.ReadValues(ctx, path, configNames())
		return err
	})
	return files, err == nil && len(files) > 0
}

// runFolders are the folders of the runs in a folder, by the name that is shown: itself, or those below it.
func runFolders(path, shown string) ([]string, error) {
	if _, err := os.Stat(filepath.Join(path, configFile)); err == nil {
		return []string{shown}, nil
	}
	entries, err := os.ReadDir(path)
	var found []string
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(path, e.Name(), configFile)); err == nil {
			found = append(found, filepath.Join(shown, e.Name()))
		}
	}
	return found, err
}

// begin makes the folders of runs, from where all of them can go on.
func (o *trainOptions) begin(ctx context.Context, runs []*trainConfig) error {
	empty, err := o.newFolder(ctx)
	if err != nil {
		return err
	}
	for _, path := range empty {
		if err := os.Remove(path); err != nil {
			return err
		}
		if dir := filepath.Dir(path); dir != filepath.Clean(o.f.path(o.out)) {
			_ = os.Remove(dir) // unless there are others below it
		}
	}
	for _, c := range runs {
		dir := o.f.path(c.dir)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		text, err := c.text()
		if err != nil {
			return err
		}
		if err := atomicfile.WriteFile(filepath.Join(dir, configFile), text); err != nil {
			return err
		}
	}
	return nil
}

// open finds the network that the run trains: the one that its checkpoint describes, whatever has become of the YAML that it was
// begun with, else the one of that name.
func (c *trainConfig) open(ctx context.Context, f *factory) (*nets.Net, error) {
	net, err := f.nets().Described(ctx, filepath.Join(c.dir, train.CheckpointFile))
	if net != nil || err != nil {
		return net, err
	}
	return f.nets().OpenGraph(ctx, nets.Choice{Net: c.net})
}

// text is the configuration's file.
func (c *trainConfig) text() ([]byte, error) {
	return config.FormatValues("what resnet train was told; changes are refused", c.keys())
}

// taken is an error where another training has taken the folder of a run that it began.
func (c *trainConfig) taken(f *factory) error {
	want, err := c.text()
	if err != nil {
		return err
	}
	path := filepath.Join(f.path(c.dir), configFile)
	if found, err := os.ReadFile(path); err != nil || !bytes.Equal(found, want) {
		return fmt.Errorf("%s: another training has taken the folder before an epoch of this one was kept; give each its own with -o RUN", printable.Name(filepath.Join(c.dir, configFile)))
	}
	return nil
}
