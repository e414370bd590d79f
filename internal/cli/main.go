package cli

import (
	"context"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// Main runs one command line and returns the exit code: 0 all well; 1 something failed, is stale or differs; 2 usage, or
// nothing could be done at all; 130 interrupted.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	return start(nil, args, in, out, errOut)
}

// start is Main, be it of an engine's program.
func start(engine *Engine, args []string, in io.Reader, out, errOut io.Writer) int {
	log.SetOutput(io.Discard)      // net/http's own lines are no results and no warnings
	signal.Ignore(syscall.SIGPIPE) // a closed pipe is an error of Write, so that temporary files are removed
	ctx, stop := untilInterrupted(context.Background())
	defer stop()
	f := newFactory(in, out, errOut)
	f.engine = engine
	if binary, err := os.Executable(); err == nil {
		f.again = func(ctx context.Context, flag string) *exec.Cmd {
			return exec.CommandContext(ctx, binary, append([]string{flag}, args...)...)
		}
	}
	return run(ctx, f, args)
}

// echo is how soon after a signal another one is the same: timeout(1) sends it to its child, and to the group of both.
const echo = 300 * time.Millisecond

// untilInterrupted is a context that ends with Ctrl-C, SIGTERM, or the terminal that is closed. A second signal does what it
// does by itself, and ends the process at once.
func untilInterrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(ctx, signals...)
	context.AfterFunc(ctx, func() {
		time.Sleep(echo)
		stop()
	})
	return ctx, stop
}

// run is Main in a world that is given.
func run(ctx context.Context, f *factory, args []string) int {
	f.interrupt = ctx.Done()
	if errOut, ok := f.Err.(*guard); ok {
		errOut.giveUp(f.interrupt)
		defer errOut.flush()
	}
	out, ok := f.Out.(*guard)
	if !ok { // in a test
		out = newGuard(f.Out, false, false)
		f.Out = out
	}
	out.giveUp(f.interrupt)
	root := newRootCmd(f)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	f.sayWritten()
	out.flush()
	if out.err != nil { // whatever else went wrong, and also where nobody looked
		err = &outputError{"standard output", out.err}
	}
	if err == nil {
		return exitOK
	}
	if ctx.Err() == nil {
		return f.report(cmd, err)
	}
	f.report(cmd, err)
	f.sayInterrupted(cmd.CommandPath(), err)
	return exitInterrupted
}
