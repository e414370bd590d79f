package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagAliases are the names that hands know from other tools.
var flagAliases = map[string]string{"topk": "top", "batch-size": "batch", "img-size": "size"}

func normalizeFlag(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if known, ok := flagAliases[name]; ok {
		name = known
	}
	return pflag.NormalizedName(name)
}

// numberWords say what a flag of pflag's own types takes, for which it has Go's words alone.
var numberWords = map[string]string{
	"int": "want a whole number", "uint64": "want a whole number, 0 or more", "duration": "want a time with its unit, such as 90s",
	"bool": "want true or false",
}

// flagError is what is wrong with a command line's flags.
func flagError(err error) error {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return usageError{err}
	}
	flag := invalid.GetFlag()
	want, ok := numberWords[flag.Value.Type()]
	switch {
	case !ok: // one of ours, which says what it takes
		want = invalid.Unwrap().Error()
	case errors.Is(err, strconv.ErrRange):
		want = "out of range"
	}
	return usagef("--%s %s: %s", flag.Name, invalid.GetValue(), want)
}

// choice is a flag that takes one of a few words.
type choice struct {
	value *string
	words []string
	alias map[string]string
}

func (c choice) String() string { return *c.value }
func (c choice) Type() string   { return "WORD" }

func (c choice) Set(s string) error {
	if known, ok := c.alias[s]; ok {
		s = known
	}
	if !slices.Contains(c.words, s) {
		return usagef("not one of %s", strings.Join(c.words, ", "))
	}
	*c.value = s
	return nil
}

// choiceFlag adds a flag that takes one of words; what *value holds is the default.
func choiceFlag(cmd *cobra.Command, flags *pflag.FlagSet, value *string, name string, words []string, usage string) {
	flags.Var(choice{value: value, words: words}, name, usage+": "+strings.Join(words, ", "))
	completeWords(cmd, name, words)
}

// boundedNumber is a flag that takes a number from low to high: neither NaN nor an infinity.
type boundedNumber struct {
	value     *float64
	low, high float64
}

func (b boundedNumber) String() string { return strconv.FormatFloat(*b.value, 'g', -1, 64) }
func (b boundedNumber) Type() string   { return "N" }

func (b boundedNumber) Set(text string) error {
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case err == nil && b.low <= v && v <= b.high:
		*b.value = v
		return nil
	}
	low, more := openBounds[b.low]
	high, less := openBounds[b.high]
	switch {
	case !more && !less && b.high < math.MaxFloat64:
		return usagef("want a number from %g to %g", b.low, b.high)
	case !more:
		low = fmt.Sprintf("%g or more", b.low)
	}
	switch {
	case b.high == math.MaxFloat64:
		return usagef("want a number, %s", low)
	case !less:
		high = "at most " + strconv.FormatFloat(b.high, 'f', -1, 64)
	}
	return usagef("want a number, %s and %s", low, high)
}

// Bounds beside those that a number must not reach, and how these are told.
var (
	aboveZero    = math.Nextafter(0, 1)
	belowOne     = math.Nextafter(1, 0)
	belowHundred = math.Nextafter(100, 0)

	openBounds = map[float64]string{aboveZero: "more than 0", belowOne: "less than 1", belowHundred: "less than 100"}
)

// numberFlag adds a flag that takes a number within bounds; what *value holds is the default.
func numberFlag(flags *pflag.FlagSet, value *float64, name string, low, high float64, usage string) {
	flags.Var(boundedNumber{value, low, high}, name, usage)
}

// completeWords makes the shell complete words for the flag called name.
func completeWords(cmd *cobra.Command, name string, words []string) {
	if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag was just added
	}
}
