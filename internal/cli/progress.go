package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
)

// progress counts images on stderr while results go somewhere else. Where results themselves appear on the terminal
// they are progress enough.
type progress struct{ bar *progressbar.ProgressBar }

func (f *factory) newProgress(many bool) *progress {
	if !many || !f.showProgress() || f.outTerminal {
		return &progress{}
	}
	return &progress{progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(f.Err), progressbar.OptionSetDescription("images"), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetItsString("img"), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(100*time.Millisecond))}
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
