package cli

import (
	"cmp"
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"

	"resnet/internal/number"
	"resnet/internal/printable"
	"resnet/internal/render"
	"resnet/internal/weights"
)

// pullProgress shows downloads on stderr: one line a file that moves on a terminal, else a line now and then.
type pullProgress struct {
	f      *factory
	bar    *progressbar.ProgressBar
	name   string
	last   time.Time // of the last plain line
	tenths int64     // that a plain line has told of
}

// A log hears of a long download every ten seconds, and of each tenth of it, but not every moment.
const (
	plainPause = 10 * time.Second
	plainLeast = time.Second
)

func (f *factory) newPullProgress() *pullProgress { return &pullProgress{f: f} }

func (p *pullProgress) tell(progress weights.Progress) {
	if p.f.quiet {
		return
	}
	switch progress.State {
	case weights.Waiting:
		p.line("%s: another process downloads it, waiting", progress.Name)
	case weights.Retrying:
		p.line("%s: %v; trying again", progress.Name, progress.Err)
	case weights.Resuming:
		p.line("%s: going on at %s", progress.Name, number.Memory(progress.Done))
	case weights.Downloading, weights.Copying:
		p.moving(progress)
	case weights.Done:
		p.done()
	}
}

// line writes above the bar.
func (p *pullProgress) line(format string, a ...any) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	fmt.Fprintf(p.f.Err, format+"\n", a...)
}

func (p *pullProgress) moving(progress weights.Progress) {
	if !p.f.errTerminal {
		if progress.State == weights.Downloading {
			p.plain(progress)
		}
		return
	}
	if p.bar == nil || p.name != progress.Name {
		total := progress.Total
		if total <= 0 {
			total = -1
		}
		p.name = progress.Name
		_, columns, _ := terminal(p.f.bars())
		name, times := pullWords(printable.Name(progress.Name), cmp.Or(columns, 80), p.f.unicode())
		p.bar = progressbar.NewOptions64(total, stillSpinner,
			progressbar.OptionSetWriter(p.f.bars()), progressbar.OptionSetDescription(name),
			progressbar.OptionSetPredictTime(times), progressbar.OptionSetElapsedTime(times),
			progressbar.OptionShowBytes(true), progressbar.OptionUseIECUnits(true), progressbar.OptionShowCount(),
			progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetTheme(p.theme()))
	}
	_ = p.bar.Set64(progress.Done) // a bar that can't be shown is no reason to stop
}

// pullWords are as much of a name as has room in a line of some columns with a bar, bytes and rate, and whether times have, too.
func pullWords(name string, columns int, unicode bool) (shown string, times bool) {
	room := columns - len("  100%  () (100.0/100.0 MiB, 100.0 MiB/s) ")
	if times = columns >= 80; times {
		room -= len("[10m0s:10m0s]")
	}
	return render.Cut(name, room, unicode), times
}

// theme is ollama's bar, or one of ASCII.
func (p *pullProgress) theme() progressbar.Theme {
	if p.f.unicode() {
		return progressbar.Theme{Saucer: "█", SaucerPadding: " ", BarStart: "▕", BarEnd: "▏"}
	}
	return progressbar.ThemeASCII
}

// plain is for logs.
func (p *pullProgress) plain(progress weights.Progress) {
	now, size := time.Now(), "size unknown"
	if progress.Total > 0 {
		size = number.Memory(progress.Total)
	}
	if p.name != progress.Name {
		p.name, p.tenths, p.last = progress.Name, 0, now
		p.line("%s: downloading, %s", progress.Name, size)
	}
	tenths := p.tenths
	if progress.Total > 0 {
		tenths = 10 * progress.Done / progress.Total
	}
	if since := now.Sub(p.last); since < plainLeast || tenths == p.tenths && since < plainPause || tenths == 10 {
		return
	}
	p.tenths, p.last = tenths, now
	p.line("%s: %s of %s", progress.Name, number.Memory(progress.Done), size)
}

func (p *pullProgress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
		fmt.Fprintln(p.f.Err)
		p.bar = nil
	}
}
