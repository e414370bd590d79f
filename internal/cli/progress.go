package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"

	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/printable"
)

// progress counts images on stderr: how many of how many, a second, the time that is left, and failures. Where results
// themselves scroll over the terminal, be it behind another program, they are progress enough.
type progress struct {
	bar          *progressbar.ProgressBar
	start, told  time.Time // of the run; when the words were last brought up to date
	done, failed int
	total        atomic.Int64 // 0: not known yet
}

func (f *factory) newProgress(many, scrolls bool) *progress {
	if !many || !f.showProgress() || scrolls {
		return &progress{}
	}
	return &progress{start: time.Now(), bar: progressbar.NewOptions(-1, stillSpinner,
		progressbar.OptionSetWriter(f.bars()), progressbar.OptionSetDescription("images"), progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))}
}

// stillSpinner turns with each step alone: the library's goroutine that turns it between them reads without its lock.
var stillSpinner = progressbar.OptionSetSpinnerChangeInterval(0)

// progressWords say how fast images are done, how long the others will take, and how many failed, as far as that is known.
// The library's own rate and time begin with those of a moment.
func progressWords(done, total, failed int, elapsed time.Duration) string {
	parts := []string{"images"}
	if done > 0 && elapsed >= time.Second {
		each := elapsed / time.Duration(done)
		switch rate := float64(done) / elapsed.Seconds(); {
		case rate >= 10:
			parts = append(parts, fmt.Sprintf("%.0f/s", rate))
		case rate >= 1:
			parts = append(parts, fmt.Sprintf("%.1f/s", rate))
		default:
			parts = append(parts, each.Round(100*time.Millisecond).String()+" each")
		}
		if left := total - done; left > 0 {
			parts = append(parts, (each*time.Duration(left)).Round(time.Second).String()+" left")
		}
	}
	if failed > 0 {
		parts = append(parts, number.Thousands(int64(failed))+" failed")
	}
	return strings.Join(parts, ", ")
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
			p.of(int64(n))
		}
	}()
}

// of says how many images there are.
func (p *progress) of(images int64) {
	if p.bar != nil && images > 0 {
		p.total.Store(images)
		p.bar.ChangeMax64(images)
	}
}

// fail tells of one more failure.
func (p *progress) fail() {
	if p.bar != nil {
		p.failed++
		p.told = time.Time{}
	}
}

func (p *progress) step() {
	if p.bar == nil {
		return
	}
	p.done++
	if now := time.Now(); now.Sub(p.told) >= wordsPause {
		p.told = now
		p.bar.Describe(progressWords(p.done, int(p.total.Load()), p.failed, now.Sub(p.start)))
	}
	_ = p.bar.Add(1) // a bar that can't be shown is no reason to stop
}

// wordsPause is how long words stand, so that they can be read.
const wordsPause = 500 * time.Millisecond

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
	if f.interruptedBy(err) {
		return
	}
	fmt.Fprintf(f.Err, "%s: %s\n", printable.Name(name), f.errorText(err))
}
