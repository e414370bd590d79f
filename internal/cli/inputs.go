package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"resnet/internal/nets"
)

// inputs are what a command reads: no output may take the place of one.
type inputs struct {
	mu    sync.Mutex
	files []os.FileInfo
	dirs  []string // of images
}

// reads notes a file, or a directory of images, that the command reads.
func (f *factory) reads(path string) {
	info, err := os.Stat(path)
	if err != nil {
		return // it can't be read, then
	}
	f.inputs.mu.Lock()
	defer f.inputs.mu.Unlock()
	switch {
	case info.IsDir():
		f.inputs.dirs = append(f.inputs.dirs, path)
	case info.Mode().IsRegular():
		f.inputs.files = append(f.inputs.files, info)
	}
}

// target is the path of an output, unless that would take the place of an input.
func (f *factory) target(name string) (string, error) {
	path := f.path(name)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return path, nil
	}
	f.inputs.mu.Lock()
	defer f.inputs.mu.Unlock()
	for _, input := range f.inputs.files {
		if os.SameFile(info, input) {
			return "", usagef("%s is read too: writing it would destroy the input; give another name", name)
		}
	}
	for _, dir := range f.inputs.dirs {
		if nets.IsImageName(path) && sameDirOrBelow(absolute(dir), absolute(path)) {
			return "", usagef("%s is an image of %s, which is read too; give another name", name, dir)
		}
	}
	return path, nil
}

// outputNames are the flags that name a file to write.
var outputNames = []string{"output", "cam", "sheet", "save"}

// checkOutputs refuses two outputs of a run at one place, of which the second would replace the first.
func (f *factory) checkOutputs(cmd *cobra.Command) error {
	taken := map[string]string{}
	for _, name := range outputNames {
		flag := cmd.Flag(name)
		if flag == nil || isStdout(flag.Value.String()) {
			continue
		}
		path := absolute(f.path(flag.Value.String()))
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if other, ok := taken[path]; ok && !takesBoth(path) {
			return usagef("--%s and --%s both name %s; give one of them another name", other, name, flag.Value)
		}
		taken[path] = name
	}
	return nil
}

// takesBoth tells a directory, or a device.
func takesBoth(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.Mode().IsRegular()
}

// checkEnding refuses a file of tensors under the ending of another format: whoever reads it later goes by that.
func checkEnding(name string, endings ...string) error {
	ending := filepath.Ext(name)
	if slices.ContainsFunc(endings, func(known string) bool { return hasEnding(name, known) }) {
		return nil
	}
	known := strings.Join(endings, " or ")
	if ending == "" {
		return usagef("%s: a name ending in %s is needed", name, known)
	}
	return usagef("%s: a file ending in %s can't be written; give a name ending in %s", name, ending, known)
}

// hasEnding tells a file's ending, in any case.
func hasEnding(name, ending string) bool { return strings.EqualFold(filepath.Ext(name), ending) }

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
