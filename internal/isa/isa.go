// Package isa says which vector instructions the kernels may use: what the CPU has, less what the build tags purego and
// noasm or the environment variable RESNET_KERNEL take away.
package isa

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// EnvKernel is the environment variable that names the level the kernels may use at most.
const EnvKernel = "RESNET_KERNEL"

// Level is an instruction set of the kernels. Levels have no total order: each says which others it includes.
type Level uint8

// The levels.
const (
	Generic    Level = iota // no assembly
	AVX2                    // AVX2 and FMA
	AVXVNNI                 // products of bytes, for CPUs without AVX-512
	AVX512                  // AVX-512 F, BW, DQ and VL
	AVX512VNNI              // products of bytes
)

// levels has a row for each level: its name, what it includes at once, and whether this CPU and build can run it. A row
// stands after those that it includes.
var levels = []struct {
	name     string
	includes []Level
	has      func() bool
}{
	Generic:    {"generic", nil, func() bool { return true }},
	AVX2:       {"avx2", []Level{Generic}, hasAVX2},
	AVXVNNI:    {"avxvnni", []Level{AVX2}, hasAVXVNNI},
	AVX512:     {"avx512", []Level{AVX2}, hasAVX512},
	AVX512VNNI: {"avx512vnni", []Level{AVX512}, hasAVX512VNNI},
}

// String is the level's name in RESNET_KERNEL and in reports.
func (l Level) String() string { return levels[l].name }

// Includes tells whether code for level other runs where l does.
func (l Level) Includes(other Level) bool {
	if l == other {
		return true
	}
	for _, below := range levels[l].includes {
		if below.Includes(other) {
			return true
		}
	}
	return false
}

// Has tells whether this CPU and build can run a level, whatever RESNET_KERNEL asks for.
func Has(l Level) bool {
	for _, below := range levels[l].includes {
		if !Has(below) {
			return false
		}
	}
	return levels[l].has()
}

// Allows tells whether the kernels may use a level.
func Allows(l Level) bool { return allowed.Includes(l) }

// Allowed is the level that the kernels may use, decided once when the program starts. Where RESNET_KERNEL asks for more
// than there is, Allowed is what there is and Err says so.
func Allowed() Level { return allowed }

// Err reports a RESNET_KERNEL that is unknown or that this CPU or build cannot run; nil where all is well.
func Err() error { return forceErr }

var allowed, forceErr = choose(Has, os.Getenv(EnvKernel))

// choose is the last of the levels that has allows, or the one that is forced.
func choose(has func(Level) bool, forced string) (Level, error) {
	have := Generic
	var names []string
	for l := range Level(len(levels)) {
		if has(l) {
			have = l
		}
		names = append([]string{l.String()}, names...)
	}
	if forced == "" {
		return have, nil
	}
	for l := range Level(len(levels)) {
		switch {
		case l.String() != forced:
		case !has(l):
			return have, fmt.Errorf("%s=%s: %w (the highest here is %s)", EnvKernel, forced, ErrUnavailable, have)
		default:
			return l, nil
		}
	}
	last := len(names) - 1
	return have, fmt.Errorf("%s=%s: unknown level, want %s or %s", EnvKernel, forced, strings.Join(names[:last], ", "), names[last])
}

// ErrUnavailable is what Err wraps where the level is known and this CPU or build lacks it.
var ErrUnavailable = errors.New("this CPU or build cannot run it")
