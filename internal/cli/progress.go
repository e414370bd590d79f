package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"

	"resnet/internal/nets"
)

// progress counts images on stderr: how many of how many, a second, the time that is left, and failures. Where results
// themselves scroll over the terminal they are progress enough.
type progress struct {
	bar    *progressbar.ProgressBar
	failed int
}

func (f *factory) newProgress(many, scrolls bool) *progress {
	if !many || !f.showProgress() || scrolls {
		return &progress{}
	}
	return &progress{bar: progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(f.bars()), progressbar.OptionSetDescription("images"), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetItsString("img"), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))}
}

// bars is where progress bars go.
func (f *factory) bars() io.Writer {
	if f.progress != nil {
		return f.progress
	}
	return f.Err
}

// count finds out how many images there are while the run goes on; it may take a while.
func (p *progress) count(ctx context.Context, images nets.Images) {
	if p.bar == nil {
		return
	}
	go func() {
		n := 0
		err := images(ctx, func(*nets.Image) error { n++; return nil })
		if err == nil && ctx.Err() == nil && n > 0 {
			p.bar.ChangeMax(n)
		}
	}()
}

// fail tells of one more failure.
func (p *progress) fail() {
	if p.bar != nil {
		p.failed++
		p.bar.Describe(fmt.Sprintf("images (%d failed)", p.failed))
	}
}

func (p *progress) step() {
	if p.bar != nil {
		_ = p.bar.Add(1) // a bar that can't be shown is no reason to stop
	}
}

// clear takes the bar away before something else is written; the next step shows it again.
func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// errorLine reports one input that failed while others go on.
func (f *factory) errorLine(name string, err error) {
	fmt.Fprintf(f.Err, "%s: %s\n", printable(name), errorText(err))
}

// printable quotes a name that would garble a terminal.
func printable(name string) string {
	odd := func(r rune) bool { return r < 0x20 || r == 0x7f || r == utf8.RuneError }
	if !strings.ContainsFunc(name, odd) {
		return name
	}
	return strconv.Quote(name)
}
