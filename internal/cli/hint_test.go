package cli

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"resnet/internal/bind"
	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/weights"
)

// TestPythonCommand lets a shell read the command that converts a file of another program.
func TestPythonCommand(t *testing.T) {
	w := newWorld(t)
	name := "my net's $HOME.pdparams"
	w.file(name, "\x80\x04}.")
	w.expect(2, "", "the file is PaddlePaddle's; this makes safetensors of it: python -c 'import sys, paddle; ", "weights", "inspect", name)
	_, command, _ := strings.Cut(strings.TrimSpace(w.err.String()), "safetensors of it: ")
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	out, err := exec.Command(shell, "-c", `python() { printf '%s\n' "$@"; }; `+command).Output()
	words := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(words) != 4 || words[0] != "-c" || !strings.HasSuffix(words[1], ".items()}, sys.argv[2])") || filepath.Base(words[2]) != name || filepath.Base(words[3]) != "my net's $HOME.safetensors" {
		t.Errorf("the words are %q, %v", words, err)
	}
	if got, want := convertFile("windows", "-a b.heic"), `magick mogrify -format jpg ".\-a b.heic"`; got != want {
		t.Errorf("on Windows %s, want %s", got, want)
	}
	if got, want := pythonCommand("windows", `f("x")`, `a b.npz`), `python -c "f('x')" "a b.npz" "a b.safetensors"`; got != want {
		t.Errorf("on Windows %s, want %s", got, want)
	}
}

// hintTest is an error and what is said about it where the command has all flags.
type hintTest struct {
	err  error
	want string
}

// hintTests are errors of other packages.
func hintTests() []hintTest {
	set := weights.Set{Name: "resnet50.x", URL: "https://example.org/a/r50.pth"}
	known := func(net string) *nets.MismatchError {
		return &nets.MismatchError{
			Net: net, Classes: 1000, Err: &bind.Error{}, Recognized: true, Known: []string{"resnet50", "wide_resnet50_2"}, FileClasses: 10,
		}
	}
	return []hintTest{
		{errors.New("something else"), ""},
		{&weights.NotPulledError{Set: set}, ": resnet weights pull resnet50.x (or --pull)"},
		{&weights.DamagedSetError{Set: set, Err: &weights.DamagedError{}}, "; resnet weights pull resnet50.x fetches it again"},
		{&weights.OfflineError{Set: set}, ". Fetch https://example.org/a/r50.pth elsewhere, then: resnet weights add r50.pth"},
		{&weights.NoNetworkError{Set: set, Err: errors.New("x")}, ". Fetch https://example.org/a/r50.pth elsewhere, then: resnet weights add r50.pth"},
		{&weights.UnknownError{Name: "x"}, " (resnet weights list shows them)"},
		{&nets.NoSetError{Net: "plain34"}, " (resnet weights list shows those there are)"},
		{&nets.NoWeightsError{Net: "plain34"}, "; give a checkpoint with --weights FILE"},
		{&nets.WeightsError{Name: "x.pth", Err: bind.ErrUnknownNames}, "; --match structure binds by order and shape"},
		{&nets.WeightsError{Name: "x.pth", Err: &bind.ChoiceError{Values: []string{"a", "b"}}}, "; say which: --shortcut a or --shortcut b"},
		{&nets.WeightsError{Name: "x.pth", Err: &bind.SeveralError{Parts: []string{"student.", "teacher."}}}, "; take one out: resnet weights convert x.pth OUT.safetensors --part student or --part teacher"},
		{&nets.WeightsError{Name: "x.pth", Err: &bind.SegmentationError{Part: "backbone"}}, "; take the backbone out: resnet weights convert x.pth OUT.safetensors --part backbone, and say its dilations in a YAML (replace_stride_with_dilation)"},
		{&nets.WeightsError{Name: "x.pth", Err: &bind.SegmentationError{}}, ""},
		{known("resnet50"), "\nthese have 10 classes, resnet50 has 1000: without --arch the network is taken from the file"},
		{known("resnet18"), "\nthese look like resnet50: --arch 50"},
		{&nets.MismatchError{Err: &bind.Error{}, Recognized: true}, "\nthese are of another network: without --arch it is taken from the file"},
		{&nets.MismatchError{Err: &bind.Error{}}, ""},
		{&nets.ForeignFileError{Name: "a.heic", Format: "HEIC", Err: errors.New("x")}, ": " + convertFile(runtime.GOOS, "a.heic")},
		{&nets.ForeignFileError{Name: "a\nb.heic", Format: "HEIC", Err: errors.New("x")}, ""},
		{&nets.ForeignFileError{Name: "a.psd", Format: "PSD", Err: errors.New("x")}, ""},
		{&nets.MismatchError{Err: &bind.Error{Unexpected: 2, Extra: 2}}, "\nwith --allow-extra what follows is passed over"},
		{&nets.MismatchError{Err: &bind.Error{Unexpected: 2, Extra: 1}}, ""},
		{&nets.WeightsError{Name: "x.pth", Err: &bind.Error{Unexpected: 1, Extra: 1}}, "\nwith --allow-extra what follows is passed over"},
		{&nets.WeightsError{Name: "x.pth", Err: &bind.Error{Unexpected: 1, Extra: 1, Missing: 1}}, ""},
		{&imaging.Error{Class: imaging.TooLarge, Err: imaging.ErrPixels}, " (--max-pixels)"},
		{&imaging.Error{Class: imaging.TooLarge, Err: imaging.ErrMemory}, " (--max-image-memory)"},
	}
}

// TestHint: what errors of other packages say is completed by what to do on the command line, however they are wrapped.
func TestHint(t *testing.T) {
	for _, test := range hintTests() {
		if got := new(factory).hint(fmt.Errorf("x.jpg: %w", test.err)); got != test.want {
			t.Errorf("%T: %q, want %q", test.err, got, test.want)
		}
	}
}

// TestCacheHint: where the cache can't be read or written another place for it is named, by whatever command.
func TestCacheHint(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 3)
	w.file(".cache", "not a folder")
	const hint = ".cache: not a directory; RESNET_CACHE names another folder for the cache\n"
	w.expect(2, "", "the cache can't be written: "+filepath.Join(w.dir, hint), "weights", "add", "photos/coarse/0.png")
	w.expect(2, "", "; RESNET_CACHE names another folder for the cache\n", "weights", "list")
	w.expect(2, "", hint, "train", "resnet18_tiny", "--data", "photos", "-o", "run")
	w.expect(0, "", "; RESNET_CACHE names another folder for the cache\n", "fit", "photos", "-o", "net")
	if !strings.HasPrefix(w.err.String(), "features are not kept: ") {
		t.Error(w.err.String())
	}
	w.expect(2, "", "resnet: nowhere.jpg: no such file or directory\n", "trace", "20", "--image", "nowhere.jpg")
}

// TestHintsNameFlagsThatThereAre: no command is told of a flag that it lacks. What follows the name of another command in a
// hint is that one's.
func TestHintsNameFlagsThatThereAre(t *testing.T) {
	flag := regexp.MustCompile(`--([a-z-]+)`)
	other := regexp.MustCompile(`resnet weights (quantize|convert)[^;]*`)
	everyCommand(func(cmd *cobra.Command) {
		f := &factory{flags: cmd.Flags()}
		var hints []string
		for _, n := range []nets.Notice{{Others: []string{"a"}}, {Bares: []string{"a"}}, {Pixels: []string{"a"}}, {Pool: true}} {
			hints = append(hints, f.otherwise(n))
		}
		for _, test := range hintTests() {
			hints = append(hints, f.hint(test.err))
		}
		for _, hint := range hints {
			for _, found := range flag.FindAllStringSubmatch(other.ReplaceAllString(hint, ""), -1) {
				if !f.has(found[1]) {
					t.Errorf("%s has no --%s: %q", cmd.CommandPath(), found[1], hint)
				}
			}
		}
	})
	trace := &factory{flags: pflag.NewFlagSet("", pflag.ContinueOnError)}
	if got := trace.hint(imaging.ErrPixels); strings.Contains(got, "--") {
		t.Errorf("without flags: %q", got)
	}
}
