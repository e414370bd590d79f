package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everyCommand calls visit with each command.
func everyCommand(visit func(cmd *cobra.Command)) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		visit(cmd)
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRootCmd(&factory{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, getenv: func(string) string { return "" }}))
}

// TestNumbersAreBounded: no flag takes a number that is none, or infinite.
func TestNumbersAreBounded(t *testing.T) {
	found := 0
	check := func(cmd *cobra.Command, flag *pflag.Flag) {
		switch flag.Value.Type() {
		case "float32", "float64":
			t.Errorf("%s --%s: any number; numberFlag knows bounds", cmd.CommandPath(), flag.Name)
		}
		if _, ok := flag.Value.(boundedNumber); !ok {
			return
		}
		found++
		before := flag.Value.String()
		for _, text := range []string{"NaN", "nan", "Inf", "+inf", "-Inf", "infinity", "1e999", "-1", "", "x"} {
			if err := flag.Value.Set(text); err == nil || flag.Value.String() != before {
				t.Errorf("%s --%s %s: %v, and the value is %s", cmd.CommandPath(), flag.Name, text, err, flag.Value)
			}
		}
		if err := flag.Value.Set("0.5"); err != nil || flag.Value.String() != "0.5" {
			t.Errorf("%s --%s 0.5: %v, and the value is %s", cmd.CommandPath(), flag.Name, err, flag.Value)
		}
	}
	everyCommand(func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) { check(cmd, flag) })
	})
	if found < 3 {
		t.Errorf("%d flags take numbers within bounds, want 3 or more", found)
	}
}
