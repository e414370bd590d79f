// Package isa says which vector instructions the kernels may use: what the CPU has, less what the build tags purego and
// noasm or the environment variable RESNET_KERNEL take away.
package isa

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// EnvKernel is the environment variable that names the level the kernels may use at most, where no other is asked for.
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

// Allows tells whether what has no level of its own may use one.
func Allows(l Level) bool { return allowed.Includes(l) }

// Allowed is the level of what has none of its own, decided once when the program starts. Where RESNET_KERNEL asks for more
// than there is, Allowed is what there is and Err says so.
func Allowed() Level { return allowed }

// Err reports a RESNET_KERNEL that is unknown or that this CPU or build cannot run; nil where all is well.
func Err() error { return forceErr }

var allowed, forceErr = choose(Has, os.Getenv(EnvKernel))

// choose is the last of the levels that has allows, or the one that is forced.
func choose(has func(Level) bool, forced string) (Level, error) {
	if forced == "" {
		return highest(has), nil
	}
	l, err := parse(has, forced)
	if err != nil {
		return highest(has), fmt.Errorf("%s=%w", EnvKernel, err)
	}
	return l, nil
}

// highest is the last of the levels that has allows.
func highest(has func(Level) bool) Level {
	have := Generic
	for l := range Level(len(levels)) {
		if has(l) {
			have = l
		}
	}
	return have
}

// Parse is the level of a name. What is unknown is an error, and what this CPU or build cannot run is one that wraps
// ErrUnavailable, whatever RESNET_KERNEL allows.
func Parse(name string) (Level, error) { return parse(Has, name) }

func parse(has func(Level) bool, name string) (Level, error) {
	var names []string
	for l := range Level(len(levels)) {
		names = append([]string{l.String()}, names...)
		switch {
		case l.String() != name:
		case !has(l):
			return l, fmt.Errorf("%s: %w (the highest here is %s)", name, ErrUnavailable, highest(has))
		default:
			return l, nil
		}
	}
	last := len(names) - 1
	return Generic, fmt.Errorf("%s: unknown level, want %s or %s", name, strings.Join(names[:last], ", "), names[last])
}

// ErrUnavailable is what the errors of Err and Parse wrap where the level is known and this CPU or build lacks it.
var ErrUnavailable = errors.New("this CPU or build cannot run it")
