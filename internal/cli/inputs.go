package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/wholefile"
)

// inputs are what a command reads: no output may take the place of one.
type inputs struct {
	mu     sync.Mutex
	files  []os.FileInfo
	images []nets.Images              // that are read, to be walked once more
	found  map[imageKey][]os.FileInfo // of images; nil: they were not walked yet
}

// imageKey is what one file has in common under all its names, and few others with it.
type imageKey struct {
	size  int64
	mtime time.Time
}

func keyOf(info os.FileInfo) imageKey { return imageKey{info.Size(), info.ModTime()} }

// reads notes a file that the command reads.
func (f *factory) reads(path string) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return // it can't be read, then, or not be replaced
	}
	f.inputs.mu.Lock()
	defer f.inputs.mu.Unlock()
	f.inputs.files = append(f.inputs.files, info)
}

// readsImages notes images that the command reads.
func (f *factory) readsImages(images nets.Images) {
	f.inputs.mu.Lock()
	defer f.inputs.mu.Unlock()
	f.inputs.images, f.inputs.found = append(f.inputs.images, images), nil
}

// target is the path of an output, unless that would take the place of an input, under whatever name it is read. It is
// asked for once more before a file takes its place: what a network is made of is known once it is open.
func (f *factory) target(name string) (string, error) {
	path := f.path(name)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return path, nil
	}
	f.inputs.mu.Lock()
	defer f.inputs.mu.Unlock()
	if slices.ContainsFunc(f.inputs.files, func(input os.FileInfo) bool { return os.SameFile(info, input) }) || f.inputs.isImage(path, info) {
		return "", usagef("%s is read too: writing it would destroy the input; give another name", name)
	}
	return path, nil
}

// targets is the error of target for outputs that are written once all is done; "" and "-" are none.
func (f *factory) targets(names ...string) error {
	for _, name := range names {
		if isStdout(name) {
			continue
		}
		if _, err := f.target(name); err != nil {
			return err
		}
	}
	return nil
}

// targetFile is target for tensors, which are not written from the beginning to the end.
func (f *factory) targetFile(name string) (string, error) {
	path, err := f.target(name)
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(path); err == nil && mayBlock(info) {
		return "", usagef("%s: tensors are written to files alone, and this is none", name)
	}
	return path, nil
}

// isImage tells whether a file is one of the images that are read. These are looked at once, and only where a picture stands
// in an output's place.
func (in *inputs) isImage(path string, info os.FileInfo) bool {
	if len(in.images) == 0 || !looksLikePicture(path) {
		return false
	}
	if in.found == nil {
		in.found = map[imageKey][]os.FileInfo{}
		for _, images := range in.images {
			_ = images(context.Background(), func(im *nets.Image) error { // what can't be found is not read
				if info, err := os.Stat(im.Path); err == nil && im.Path != "" {
					in.found[keyOf(info)] = append(in.found[keyOf(info)], info)
				}
				return nil
			})
		}
	}
	return slices.ContainsFunc(in.found[keyOf(info)], func(input os.FileInfo) bool { return os.SameFile(info, input) })
}

// looksLikePicture tells a file that may be one of the images, by its name or its content.
func looksLikePicture(path string) bool {
	return nets.IsImageName(path) || imaging.Sniff(wholefile.Head(path, 64)) != ""
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
