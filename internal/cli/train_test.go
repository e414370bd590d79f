package cli

import (
	"strings"
	"testing"
	"time"

	"resnet/internal/labels"
	"resnet/internal/nets"
	"resnet/internal/train"
)

// TestTrainInterrupted: what is told of a run that was stopped names the network where there are several, and how to go on.
func TestTrainInterrupted(t *testing.T) {
	tr := &training{config: &trainConfig{net: "resnet20_cifar", recipe: train.Recipe{Epochs: 6}}}
	if got, want := tr.interrupted(false, "my run"), "interrupted: nothing was trained yet"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	tr.progress.Epoch = 1
	if got, want := tr.interrupted(true, "my run"), "interrupted: 1 of 6 epochs are kept; resnet train --resume 'my run' goes on"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	tr.many = true
	if got, want := tr.interrupted(true, "run"), "interrupted: resnet20_cifar, 1 of 6 epochs are kept; resnet train --resume run goes on"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTrainTaken: a run whose folder another has taken before an epoch was kept keeps none there.
func TestTrainTaken(t *testing.T) {
	w := newWorld(t)
	f := &factory{dir: w.dir}
	one := &trainOptions{f: f, out: "run"}
	first := &trainConfig{net: "resnet20_cifar", recipe: train.DefaultRecipe(32), dir: "run"}
	second := *first
	second.recipe.Rate = 0.01
	for _, c := range []*trainConfig{first, &second} {
		if err := one.begin(t.Context(), []*trainConfig{c}); err != nil {
			t.Fatal(err)
		}
		if err := c.taken(f); err != nil {
			t.Error(err)
		}
	}
	if err := first.taken(f); err == nil || !strings.Contains(err.Error(), "config.yaml: another training has taken the folder") {
		t.Errorf("a folder that another run has taken: %v", err)
	}
	w.file("run/"+train.MetricsFile, "")
	if err := one.begin(t.Context(), []*trainConfig{first}); err == nil || !strings.Contains(err.Error(), "a run is there") {
		t.Errorf("a folder with epochs: %v", err)
	}
}

// TestCardKernels: the card of a run names all its kernels, and promises no bits where they changed.
func TestCardKernels(t *testing.T) {
	var o nets.Opener
	net, err := o.OpenGraph(t.Context(), nets.Choice{Net: "resnet20_cifar"})
	if err != nil {
		t.Fatal(err)
	}
	untrained, err := o.Untrained(net, &labels.List{Classes: []string{"a", "b"}}, net.Arch.Preprocess)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		before []string
		want   []string
	}{
		{nil, []string{"| kernels | avx2 |\n", "photos. The same photos, values and kernels give the same bits.\n"}},
		{[]string{"avx512 to epoch 3"}, []string{"| kernels | avx512 to epoch 3, then avx2 |\n", "photos. The kernels changed, so that no run without the same change"}},
	} {
		tr := &training{config: &trainConfig{}, data: &train.Data{}, progress: train.Progress{Kernels: "avx2", Before: test.before}}
		card := tr.card(untrained, train.Epoch{})
		for _, want := range test.want {
			if !strings.Contains(card, want) {
				t.Errorf("%q is not in %s", want, card)
			}
		}
	}
}

// TestNotes: a terminal is given lines that it need not break within words; a file keeps a line a note.
func TestNotes(t *testing.T) {
	const note = "a note of some words that a terminal of few columns has no room for"
	for terminal, want := range map[bool]string{
		true: "a note of some words that a terminal of\nfew columns has no room for\n", false: note + "\n",
	} {
		var shown strings.Builder
		f := &factory{Err: &shown, errTerminal: terminal, columns: 40}
		if f.notef("%s", note); shown.String() != want {
			t.Errorf("terminal %t: %q", terminal, shown.String())
		}
	}
}

// TestTrainWords: what stands beside the bar leaves room for it.
func TestTrainWords(t *testing.T) {
	status := train.Status{Epoch: 3, Batch: 5, Batches: 10, Loss: 1.25, Error: 0.4, PerSecond: 950}
	for _, test := range []struct {
		columns int
		many    bool
		want    string
	}{
		{200, true, "resnet20_cifar, epoch 3/6, loss 1.250, error 40.0 %, 7m0s left, 950 images/s"},
		{0, false, "epoch 3/6, loss 1.250, error 40.0 %, 7m0s left, 950 images/s"},
		{60, true, "resnet20_cifar, epoch 3/6, loss 1.250"},
		{10, false, "epoch 3/6"},
	} {
		tr := &training{f: &factory{columns: test.columns}, many: test.many, config: &trainConfig{net: "resnet20_cifar", recipe: train.Recipe{Epochs: 6}}}
		b := &trainBar{t: tr, first: 3}
		if got := b.words(status, time.Minute); got != test.want {
			t.Errorf("%d columns: got %q, want %q", test.columns, got, test.want)
		}
	}
}

// TestLossText: what a loss is leaves the columns beside it where they are.
func TestLossText(t *testing.T) {
	for loss, want := range map[float64]string{
		0.0004: "0.000", 2.3026: "2.303", 49.97: "49.970", 99.9996: "100", 116.04: "116.04", 12345.6: "12346", 99999.9: "1e+05", 515570660607984128: "5e+17",
	} {
		if got := lossText(loss); got != want || len(got) > len(" loss")+1 {
			t.Errorf("%g: %q, want %q", loss, got, want)
		}
	}
}
