package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"resnet/internal/bind"
	"resnet/internal/checkpoint"
	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/paths"
	"resnet/internal/weights"
)

// has tells whether the command that runs has a flag; a hint names no other.
func (f *factory) has(flag string) bool { return f.flags == nil || f.flags.Lookup(flag) != nil }

// given tells whether a flag answers what would be taken for granted.
func (f *factory) given(flag string) bool { return f.flags != nil && f.flags.Changed(flag) }

// with is a text about a flag, or nothing for a command without it.
func (f *factory) with(flag, text string) string {
	if !f.has(flag) {
		return ""
	}
	return text
}

// hint says what to do about an error, in the words of the command line, to stand behind its text.
func (f *factory) hint(err error) string {
	if e, ok := errors.AsType[*nets.MismatchError](err); ok {
		return f.mismatchHint(e)
	}
	if e, ok := errors.AsType[*nets.WeightsError](err); ok {
		return f.recognizeHint(e)
	}
	if e, ok := errors.AsType[*nets.ForeignFileError](err); ok {
		return convertHint(e)
	}
	if e, ok := errors.AsType[*checkpoint.ForeignError](err); ok {
		return "; this makes safetensors of it: " + pythonCommand(runtime.GOOS, e.Python, e.File)
	}
	if e, ok := errors.AsType[*nets.YAMLError](err); ok {
		if !f.has("arch") {
			return "; resnet models check " + shellWord(e.Name) + " reads it"
		}
		return ": --arch " + shellWord(e.Name)
	}
	if e, ok := errors.AsType[*nets.NoYAMLError](err); ok && e.Err == nil {
		return "; resnet weights inspect " + shellWord(e.Name) + " shows what is in it"
	}
	if is[*nets.NoSetError](err) {
		return " (resnet weights list shows those there are)"
	}
	if is[*nets.PrecisionError](err) {
		return "; resnet weights quantize IN OUT.safetensors --calibrate DIR makes a file that is"
	}
	if e, ok := errors.AsType[*nets.NoBaseError](err); ok {
		if s, known := weights.Find(e.Name); known {
			return ": resnet weights pull " + s.Name
		}
		return "; resnet weights add FILE puts it there"
	}
	if is[*nets.NoWeightsError](err) {
		return f.with("weights", "; give a checkpoint with --weights FILE")
	}
	if is[*nets.NoClassifierError](err) {
		return "; resnet features writes these for each image, and classes take weights with their classifier"
	}
	if f.ofCache(err) {
		return "; RESNET_CACHE names another folder for the cache"
	}
	switch {
	case errors.Is(err, imaging.ErrPixels):
		return f.with("max-pixels", " (--max-pixels)")
	case errors.Is(err, imaging.ErrMemory):
		return f.with("max-image-memory", " (--max-image-memory)")
	}
	return f.setHint(err)
}

// ofCache tells an error of a file of the cache, or of a folder that it is to be made in, but for one that is missing.
func (f *factory) ofCache(err error) bool {
	of := pathErrors(err)
	if len(of) == 0 {
		return false
	}
	dir, missing := weights.CacheDir(f.getenv)
	return missing == nil && slices.ContainsFunc(of, func(e *fs.PathError) bool {
		if e.Op == "mkdir" {
			return paths.SameOrBelow(dir, e.Path) || paths.SameOrBelow(e.Path, dir)
		}
		return !errors.Is(e, fs.ErrNotExist) && paths.SameOrBelow(dir, e.Path)
	})
}

// pythonCommand runs a program on a file, with the name that safetensors of it would have. The program has double quotes
// and no single ones.
func pythonCommand(system, program, file string) string {
	out := strings.TrimSuffix(file, filepath.Ext(file)) + ".safetensors"
	quoted := "'" + program + "'"
	if system == "windows" {
		quoted = `"` + strings.ReplaceAll(program, `"`, "'") + `"`
	}
	return "python -c " + quoted + " " + commandWord(system, file) + " " + commandWord(system, out)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// setHint says how to come by a set of weights.
func (f *factory) setHint(err error) string {
	if e, ok := errors.AsType[*weights.NotPulledError](err); ok {
		return ": resnet weights pull " + e.Set.Name + f.with("pull", " (or --pull)")
	}
	if e, ok := errors.AsType[*weights.DamagedSetError](err); ok {
		return fmt.Sprintf("; resnet weights pull %s fetches it again", e.Set.Name)
	}
	if e, ok := errors.AsType[*weights.OfflineError](err); ok {
		return byHand(e.Set)
	}
	if e, ok := errors.AsType[*weights.NoNetworkError](err); ok {
		return byHand(e.Set)
	}
	if e, ok := errors.AsType[*weights.UnknownError](err); ok {
		if info, err := os.Stat(f.path(e.Name)); err == nil && info.Mode().IsRegular() {
			return fmt.Sprintf("; of a file: resnet weights inspect %[1]s shows what is in it, resnet weights add %[1]s puts it into the cache", shellWord(e.Name))
		}
		return " (resnet weights list shows them)"
	}
	return ""
}

// byHand is what to do without a network.
func byHand(s weights.Set) string {
	return fmt.Sprintf(". Fetch %s elsewhere, then: resnet weights add %s", s.URL, path.Base(s.URL))
}

// mismatchHint says what weights would fit.
func (f *factory) mismatchHint(e *nets.MismatchError) string {
	switch {
	case slices.Contains(e.Known, e.Net):
		return fmt.Sprintf("\nthese have %d classes, %s has %d", e.FileClasses, e.Net, e.Classes) +
			f.with("arch", ": without --arch the network is taken from the file")
	case len(e.Known) > 0:
		return "\nthese look like " + e.Known[0] + f.with("arch", ": --arch "+nets.ShortName(e.Known[0]))
	case onlyExtra(e.Err):
		return f.with("allow-extra", extraHint)
	case e.Recognized:
		return "\nthese are of another network" + f.with("arch", ": without --arch it is taken from the file")
	}
	return ""
}

const extraHint = "\nwith --allow-extra what follows is passed over"

// onlyExtra tells weights that fit but for tensors beside the network.
func onlyExtra(e *bind.Error) bool {
	return e.Extra > 0 && e.Extra == e.Unexpected && e.Missing+e.Shapes+e.Types == 0
}

// recognizeHint says what to do where a file's network is not told by its tensors.
func (f *factory) recognizeHint(e *nets.WeightsError) string {
	var question *bind.ChoiceError
	var several *bind.SeveralError
	var segmentation *bind.SegmentationError
	var misfit *bind.Error
	switch {
	case errors.As(e.Err, &misfit) && onlyExtra(misfit):
		return f.with("allow-extra", extraHint)
	case errors.As(e.Err, &question):
		return f.with("shortcut", "; say which: --shortcut "+strings.Join(question.Values, " or --shortcut "))
	case errors.As(e.Err, &several):
		var flags []string
		for _, part := range several.Parts {
			flags = append(flags, "--part "+strings.TrimSuffix(part, "."))
		}
		return fmt.Sprintf("; take one out: resnet weights convert %s OUT.safetensors %s", e.Name, strings.Join(flags, " or "))
	case errors.As(e.Err, &segmentation) && segmentation.Part != "":
		return fmt.Sprintf("; take the backbone out: resnet weights convert %s OUT.safetensors --part %s, and say its dilations in a YAML (replace_stride_with_dilation)", e.Name, segmentation.Part)
	case errors.Is(e.Err, bind.ErrUnknownNames):
		return f.with("match", "; --match structure binds by order and shape")
	}
	return ""
}

// tell says on stderr what is odd about weights, once of a file that is named twice. A mapping that was made by structure is
// always printed.
func (f *factory) tell(n nets.Notice) {
	if n.Bound != nil {
		f.warnf("%s: %s (resnet weights inspect %s --match structure shows which tensor is which)", n.Weights, n.Text, n.Weights)
		return
	}
	if n.Pool && f.given("pool") || n.Pixels != nil && (f.given("preprocess") || f.given("mean") && f.given("std")) {
		return
	}
	name := n.Weights
	others := f.otherwise(n)
	if others != "" {
		name = filepath.Base(name)
	}
	line := fmt.Sprintf("%s: %s%s", name, n.Text, others)
	if _, twice := f.told.LoadOrStore(n.Weights+"\x00"+line, true); !twice {
		f.warnf("%s", line)
	}
}

// otherwise names the flags that say what else a file may be of.
func (f *factory) otherwise(n nets.Notice) string {
	switch {
	case len(n.Bares) > 0:
		return f.with("shortcut", " (otherwise: --shortcut "+strings.Join(n.Bares, ", ")+")")
	case len(n.Others) > 0:
		return f.with("arch", " (otherwise: --arch "+strings.Join(n.Others, ", --arch ")+")")
	case len(n.Pixels) > 0:
		return f.with("preprocess", " (otherwise: --preprocess "+strings.Join(n.Pixels, ", ")+")")
	case n.Pool:
		return f.with("pool", " (otherwise: --pool max)")
	}
	return ""
}
