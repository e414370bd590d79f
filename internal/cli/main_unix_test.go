//go:build unix

package cli

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// TestSignals: whatever asks a command to end ends its context, the terminal's end unless nohup is between, and afterwards
// nothing is caught.
func TestSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if signal.Ignored(s) {
			continue // the tests themselves run under nohup
		}
		ctx, stop := untilInterrupted(t.Context())
		if err := syscall.Kill(os.Getpid(), s); err != nil {
			t.Fatal(err)
		}
		<-ctx.Done()
		stop()
	}
	signal.Ignore(syscall.SIGHUP)
	defer signal.Reset(syscall.SIGHUP)
	ctx, stop := untilInterrupted(t.Context())
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if !signal.Ignored(syscall.SIGHUP) {
		t.Error("what nohup ignores is caught")
	}
}
