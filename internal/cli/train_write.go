package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"resnet/internal/atomicfile"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/printable"
	"resnet/internal/render"
	"resnet/internal/train"
)

// trainCard is the file that says what a run came to.
const trainCard = "card.md"

// finish says and writes what the run came to.
func (t *training) finish(run *train.Run) error {
	epochs, err := run.Epochs()
	if err != nil {
		return err
	}
	last, p := epochs[len(epochs)-1], t.progress
	best := filepath.Join(t.config.dir, train.BestFile)
	fmt.Fprintln(t.f.Out, render.Fill(fmt.Sprintf("%s: test error %.2f %% after %s; the smallest was %.2f %% after epoch %d: %s",
		printable.Name(t.name()), 100*last.TestError, plural(p.Epoch, "epoch", "epochs"), 100*p.BestError, p.BestEpoch, printable.Name(best)), t.f.wide()))
	if err := atomicfile.WriteFile(filepath.Join(t.f.path(t.config.dir), trainCard), []byte(t.card(run.Net, last))); err != nil {
		return err
	}
	if !t.f.outTerminal { // who sees the line above knows
		t.f.wrote(best)
	}
	return nil
}

// card is what a reader of the folder wants to know. It names no path of the machine.
func (t *training) card(net *nets.Untrained, last train.Epoch) string {
	var b strings.Builder
	r, p := t.config.recipe, t.progress
	fmt.Fprintf(&b, "# %s\n\n", net.Arch.Name)
	from := "nothing"
	if t.config.init != "" {
		from = "trained weights"
	}
	fmt.Fprintf(&b, "Trained from %s by `resnet train` on %s photos of %s; %s tell how good it is.\n\n",
		from, number.Thousands(int64(len(t.data.Train))), plural(len(t.data.Classes), "class", "classes"), number.Thousands(int64(len(t.data.Test))))
	row := func(name, format string, a ...any) { fmt.Fprintf(&b, "| %s | %s |\n", name, fmt.Sprintf(format, a...)) }
	b.WriteString("| | |\n|---|---|\n")
	row("test error, last epoch", "%.2f %%", 100*last.TestError)
	row("test error, smallest", "%.2f %% after epoch %d, which `%s` holds; it was chosen by the test itself", 100*p.BestError, p.BestEpoch, train.BestFile)
	row("training error, last epoch", "%.2f %%", 100*last.TrainError)
	row("parameters", "%s", number.Thousands(net.Graph.ParamCount()))
	row("photos", "sha256 %s", p.Data)
	row("kernels", "%s", strings.Join(append(p.Before[:len(p.Before):len(p.Before)], p.Kernels), ", then "))
	if p.Recipe.Init != "" {
		row("first weights", "sha256 %s", p.Recipe.Init)
	}
	for _, key := range t.config.keys() {
		if key.Name != configNet && key.Name != configData && key.Name != configInit {
			row(key.Name, "%s", key.Value)
		}
	}
	fmt.Fprintf(&b, "\nClasses: %s.\n", printable.Name(strings.Join(t.data.Classes, ", ")))
	fmt.Fprintf(&b, "\n%d steps of %d photos. ", p.Step, r.Batch*r.Accumulate)
	if len(p.Before) > 0 {
		b.WriteString("The kernels changed, so that no run without the same change gives the same bits.\n")
	} else {
		b.WriteString("The same photos, values and kernels give the same bits.\n")
	}
	return b.String()
}

// trainBar shows how far an epoch is, on a terminal.
type trainBar struct {
	t     *training
	bar   *progressbar.ProgressBar
	epoch int
	start time.Time
	first int // epoch that this call began with
	told  time.Time
}

func (t *training) newBar() *trainBar { return &trainBar{t: t, start: time.Now()} }

// batch moves the bar.
func (b *trainBar) batch(s train.Status) {
	if !b.t.f.showProgress() {
		return
	}
	if b.first == 0 {
		b.first = s.Epoch
	}
	if b.bar == nil || b.epoch != s.Epoch {
		b.epoch = s.Epoch
		b.bar = progressbar.NewOptions(s.Batches, stillSpinner, progressbar.OptionSetWriter(b.t.f.bars()), progressbar.OptionShowDescriptionAtLineEnd(),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
			progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	if now := time.Now(); now.Sub(b.told) >= wordsPause {
		b.told = now
		b.bar.Describe(b.words(s, now.Sub(b.start)))
	}
	_ = b.bar.Set(s.Batch) // a bar that can't be shown is no reason to stop
}

// words say what an epoch has come to so far, and how long the run will take: as much as fits beside a bar.
func (b *trainBar) words(s train.Status, elapsed time.Duration) string {
	done := float64(s.Epoch-b.first) + float64(s.Batch)/float64(s.Batches)
	epochs := b.t.config.recipe.Epochs
	left := time.Duration(float64(elapsed) / done * (float64(epochs-b.first+1) - done))
	parts := []string{
		fmt.Sprintf("epoch %d/%d", s.Epoch, epochs), "loss " + lossText(s.Loss), fmt.Sprintf("error %.1f %%", 100*s.Error),
		left.Round(time.Second).String() + " left", fmt.Sprintf("%.0f images/s", s.PerSecond),
	}
	if b.t.many {
		parts[0] = b.t.name() + ", " + parts[0]
	}
	const bar = 20 // the least that is left to it, with its percents
	for room := cmp.Or(b.t.f.columns, 80) - bar; len(parts) > 1 && len(strings.Join(parts, ", ")) > room; {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ", ")
}

// clear takes the bar away before something else is written.
func (b *trainBar) clear() {
	if b.bar != nil {
		_ = b.bar.Clear()
		b.bar = nil
	}
}
