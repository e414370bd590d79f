package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"resnet/internal/render"
)

// factory is the world a command runs in. Commands reach streams, environment and working directory through it alone,
// so that `resnet docs` can run them where nothing of the machine or the user shows.
type factory struct {
	In       io.Reader
	Out, Err io.Writer
	progress io.Writer // stderr for what moves the cursor: progress bars; nil: Err

	inTerminal, outTerminal, errTerminal bool
	columns, rows                        int  // of the terminal that Out is; 0 where it is none
	outColors                            bool // whether that terminal understands colours
	outPipe                              bool // another program reads Out, and may show it on the terminal that Err is

	getenv   func(string) string
	environ  func() []string // nil: no environment
	dir      string          // what relative paths are relative to; "" is the working directory
	settings bool            // whether environment and settings files fill in flags

	flags *pflag.FlagSet // of the command that runs; nil: it is not known yet

	interrupt     <-chan struct{} // closed once the run is interrupted; nil: nothing interrupts it
	saidInterrupt bool

	engine *Engine // of the program, if it is that of one

	again func(ctx context.Context, flag string) *exec.Cmd // this command once more, as a process of its own; nil: it can't be

	inputs  inputs
	written written
	told    sync.Map // lines about weights

	quiet bool
	color string // auto, always, never
	width int    // --width; 0 is not given

	formulas bool // --csv-formulas
}

// newFactory is the world as it is: this process's environment and directory.
func newFactory(in io.Reader, out, errOut io.Writer) *factory {
	f := &factory{In: in, Out: out, Err: errOut, getenv: os.Getenv, environ: os.Environ, settings: true}
	f.inTerminal, _, _ = terminal(in)
	f.outTerminal, f.columns, f.rows = terminal(out)
	f.errTerminal, _, _ = terminal(errOut)
	f.outColors = f.outTerminal && startColors(out.(*os.File))
	f.outPipe = isPipe(out)
	ci := f.getenv("CI") != "" || f.getenv("GITHUB_ACTIONS") != ""
	f.Out, f.Err, f.progress = newGuard(out, f.outTerminal, ci), newGuard(errOut, f.errTerminal, ci), errOut
	return f
}

// terminal tells whether stream is a terminal, and how many columns and rows it has.
func terminal(stream any) (is bool, columns, rows int) {
	file, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return false, 0, 0
	}
	columns, rows, _ = term.GetSize(int(file.Fd()))
	return true, columns, rows
}

// isPipe tells whether stream leads to another program.
func isPipe(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0
}

// path is where the file called name is found.
func (f *factory) path(name string) string {
	if f.dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.dir, name)
}

// warnf says on stderr what the user should know about a result.
func (f *factory) warnf(format string, a ...any) {
	if !f.quiet {
		fmt.Fprintf(f.Err, format+"\n", a...)
	}
}

// notef is warnf of a sentence without a command that is copied from it: where a terminal would break its words it is broken
// between them.
func (f *factory) notef(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	if f.errTerminal {
		text = render.Fill(text, f.wide())
	}
	f.warnf("%s", text)
}

// wide is how many columns a line has; 0 where nobody has said.
func (f *factory) wide() int { return cmp.Or(f.width, f.columns) }

// interrupted says to people how far a command came, over the ^C that the terminal shows.
func (f *factory) interrupted(how string) {
	f.saidInterrupt = true
	if f.showProgress() {
		fmt.Fprintf(f.bars(), "\r%s\n", how)
	}
}

// sayInterrupted says so of a command that has not said how far it came.
func (f *factory) sayInterrupted(command string, err error) {
	if !f.saidInterrupt && f.interruptedBy(err) && !errors.Is(err, errPartial) {
		f.interrupted("interrupted: " + command + " did not finish")
	}
}

// hintf says on stderr what could be done next, to people only.
func (f *factory) hintf(format string, a ...any) {
	if f.showProgress() {
		fmt.Fprintf(f.Err, format+"\n", a...)
	}
}

// showProgress tells whether progress and hints have somebody to see them.
func (f *factory) showProgress() bool { return f.errTerminal && !f.quiet }
