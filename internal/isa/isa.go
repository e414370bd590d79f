// Package isa says which vector instructions the kernels may use: what the CPU has, less what the build tags purego and
// noasm or the environment variable RESNET_KERNEL take away.
package isa

import (
	"errors"
	"fmt"
	"os"
)

// EnvKernel is the environment variable that names the highest level the kernels may use.
const EnvKernel = "RESNET_KERNEL"

// Level is an instruction set of the kernels. A level includes those below it.
type Level int

// The levels, from the portable kernels upwards.
const (
	Generic Level = iota // no assembly
	AVX2                 // AVX2 and FMA
	AVX512               // AVX-512 F, BW, DQ and VL
)

// String is the level's name in RESNET_KERNEL and in reports.
func (l Level) String() string {
	return [...]string{"generic", "avx2", "avx512"}[l]
}

// Allowed is the highest level that the kernels may use, decided once when the program starts. Where RESNET_KERNEL asks
// for more than there is, Allowed is what there is and Err says so.
func Allowed() Level { return allowed }

// Detected is the highest level that this CPU and build can run, whatever RESNET_KERNEL asks for.
func Detected() Level { return detected() }

// Err reports a RESNET_KERNEL that is unknown or that this CPU or build cannot run; nil where all is well.
func Err() error { return forceErr }

var allowed, forceErr = choose(detected(), os.Getenv(EnvKernel))

func choose(have Level, forced string) (Level, error) {
	if forced == "" {
		return have, nil
	}
	for l := Generic; l <= AVX512; l++ {
		switch {
		case l.String() != forced:
		case l > have:
			return have, fmt.Errorf("%s=%s: %w (the highest here is %s)", EnvKernel, forced, ErrUnavailable, have)
		default:
			return l, nil
		}
	}
	return have, fmt.Errorf("%s=%s: unknown level, want avx512, avx2 or generic", EnvKernel, forced)
}

// ErrUnavailable is what Err wraps where the level is known and this CPU or build lacks it.
var ErrUnavailable = errors.New("this CPU or build cannot run it")
