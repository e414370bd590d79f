package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Recipe is how a network is trained.
type Recipe struct {
	Epochs      int     `json:"epochs"`
	Batch       int     `json:"batch"`      // photos whose statistics a batch norm sees
	Accumulate  int     `json:"accumulate"` // batches to a step
	Rate        float64 `json:"lr"`
	Momentum    float64 `json:"momentum"`
	Nesterov    bool    `json:"nesterov"`
	Decay       float64 `json:"weight_decay"`
	NoDecayNorm bool    `json:"no_decay_norm"`
	Schedule    string  `json:"schedule"`
	Warmup      float64 `json:"warmup"` // epochs
	Smoothing   float64 `json:"label_smoothing"`
	Pad         int     `json:"pad"`
	Seed        uint64  `json:"seed"`
	// Init is the SHA-256 of the file whose weights the training starts from; "": random ones.
	Init string `json:"init"`
	// Freeze are the layers whose parameters stay, as patterns separated by commas; "": none.
	Freeze string `json:"freeze"`
}

// Schedules of the learning rate, after the warm-up.
const (
	StepSchedule     = "step"      // a tenth from one half of the epochs on, a hundredth from three quarters on
	CosineSchedule   = "cosine"    // half a period of a cosine, down to zero
	OneCycleSchedule = "one-cycle" // up from 1/25 over 30 % of the steps, and down to 1/250,000 (Smith and Topin 2018), as in PyTorch's OneCycleLR
)

// Schedules lists them.
func Schedules() []string { return []string{StepSchedule, CosineSchedule, OneCycleSchedule} }

// smallSide is the size up to which a network is one of the paper's for CIFAR, for defaults.
const smallSide = 64

// MaxRate is the largest learning rate that is tried.
const MaxRate = 1e6

// PaperEpochs is how long the paper (He et al. 2015) trains on CIFAR-10: 64,000 steps of 128 of its 50,000 photos.
const PaperEpochs = 164

// DefaultRecipe is the paper's: section 4.2 for images of 64 pixels or less; section 3.4 for larger ones, scaled from batches of 256 to 32.
func DefaultRecipe(side int) Recipe {
	r := Recipe{Epochs: PaperEpochs, Batch: 128, Accumulate: 1, Rate: 0.1, Momentum: 0.9, Decay: 1e-4, Schedule: StepSchedule, Pad: 4}
	if side > smallSide {
		r.Epochs, r.Batch, r.Rate, r.Pad = 90, 32, 0.0125, 0
	}
	return r
}

// Validate names all that is wrong, each by the name that it has in a configuration, as a flag.
func (r Recipe) Validate() error {
	var errs []error
	check := func(ok bool, format string, a ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, a...))
		}
	}
	check(r.Epochs >= 1 && r.Epochs <= 1e6, "epochs %d: want 1 to 1,000,000", r.Epochs)
	check(r.Batch >= 2 && r.Batch <= 1<<16, "batch %d: want 2 to 65,536, as batch norms need the statistics of several", r.Batch)
	check(r.Accumulate >= 1 && r.Accumulate <= 1<<16, "accumulate %d: want 1 to 65,536", r.Accumulate)
	check(r.Rate > 0 && r.Rate <= MaxRate, "lr %v: want more than 0, and at most %d", r.Rate, int(MaxRate))
	check(r.Momentum >= 0 && r.Momentum < 1, "momentum %v: want 0 to less than 1", r.Momentum)
	check(!r.Nesterov || r.Momentum > 0, "nesterov: wants a momentum of more than 0")
	check(r.Decay >= 0 && r.Decay < 1, "weight-decay %v: want 0 to less than 1", r.Decay)
	check(slices.Contains(Schedules(), r.Schedule), "schedule %q: want one of %v", r.Schedule, Schedules())
	check(r.Epochs < 1 || r.Warmup >= 0 && r.Warmup < float64(r.Epochs), "warmup %v: want 0 to less than the %d epochs", r.Warmup, r.Epochs)
	check(r.Smoothing >= 0 && r.Smoothing < 1, "label-smoothing %v: want 0 to less than 1", r.Smoothing)
	check(r.Pad >= 0 && r.Pad <= 1<<10, "pad %d: want 0 to 1024 pixels", r.Pad)
	return errors.Join(errs...)
}

// rate is the learning rate of a step, of perEpoch an epoch.
func (r Recipe) rate(step, perEpoch int) float64 {
	warm, total := r.Warmup*float64(perEpoch), float64(r.Epochs*perEpoch)
	if at := float64(step); at < warm {
		return r.Rate * (at + 1) / (warm + 1)
	}
	switch r.Schedule {
	case CosineSchedule:
		return r.Rate * cosine((float64(step)-warm)/(total-warm))
	case OneCycleSchedule:
		return r.oneCycle(float64(step)-warm, total-warm)
	}
	switch at := float64(step) / total; {
	case at >= 0.75:
		return r.Rate / 100
	case at >= 0.5:
		return r.Rate / 10
	}
	return r.Rate
}

// cosine falls from 1 to 0.
func cosine(at float64) float64 { return (1 + math.Cos(math.Pi*at)) / 2 }

// oneCycle is the rate of a step of some, as PyTorch has it.
func (r Recipe) oneCycle(step, steps float64) float64 {
	first, last := r.Rate/25, r.Rate/25/1e4
	up := 0.3*steps - 1
	if step <= up {
		return r.Rate + (first-r.Rate)*cosine(step/max(up, 1))
	}
	return last + (r.Rate-last)*cosine((step-up)/max(steps-1-up, 1))
}
