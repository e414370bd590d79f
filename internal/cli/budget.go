package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"resnet/internal/engine"
	"resnet/internal/number"
	"resnet/internal/render"
)

// budgetFlags are the most that a network may cost, for one image at its size; nil is no bound.
type budgetFlags struct{ params, macs, weights, activations *budget }

// budget is a bound, and how far above it what is written as the bound may be.
type budget struct{ most, slack int64 }

// budgetFlag is one of them.
type budgetFlag struct {
	most  **budget
	parse func(string) (int64, error)
	unit  string
}

func (b budgetFlag) String() string { return "" }
func (b budgetFlag) Type() string   { return b.unit }
func (b budgetFlag) Set(text string) error {
	n, err := b.parse(text)
	if err == nil {
		*b.most = &budget{n, number.Slack(text, n)}
	}
	return err
}

func (b *budgetFlags) add(flags *pflag.FlagSet) {
	flags.Var(budgetFlag{&b.params, number.ParseCount, "N"}, "max-params", "fail where there are more than `N` parameters: 26M; in three digits, as outputs have it, N allows what rounds to it")
	flags.Var(budgetFlag{&b.macs, number.ParseCount, "N"}, "max-macs", "fail where an image takes more than `N` multiply-adds: 4.2G")
	flags.Var(budgetFlag{&b.weights, number.ParseMemory, "SIZE"}, "max-weights", "fail where float32 weights take more than `SIZE`: 100MiB")
	flags.Var(budgetFlag{&b.activations, number.ParseMemory, "SIZE"}, "max-activations", "fail where the peak activations of an image, as trace without --stats has them, are above `SIZE`: 10MiB")
}

// check has an error for each bound that a network exceeds.
func (b *budgetFlags) check(pass *render.Pass) error {
	image := pass.Input.Clone()
	image[0] = 1
	var errs []error
	over := func(bound *budget, got int64, what string, write func(int64) string) {
		if bound != nil && got > bound.most+bound.slack {
			errs = append(errs, fmt.Errorf("%s: %s %s, at most %s allowed", pass.Spec.Name, write(got), what, write(bound.most)))
		}
	}
	over(b.params, pass.Graph.ParamCount(), "parameters", number.Thousands)
	if b.macs != nil {
		macs, err := pass.Graph.MACs(image)
		if err != nil {
			return err
		}
		over(b.macs, macs, "MACs", number.Thousands)
	}
	over(b.weights, 4*pass.Graph.ParamCount(), "of weights", bytesAndMemory)
	if b.activations != nil {
		memory, err := engine.PlanMemory(pass.Graph.Graph, image)
		if err != nil {
			return err
		}
		over(b.activations, memory.Activations, "of peak activations", bytesAndMemory)
	}
	return failed(errors.Join(errs...))
}

// bytesAndMemory shows by how little a bound is missed.
func bytesAndMemory(n int64) string {
	return fmt.Sprintf("%s (%s bytes)", number.Memory(n), number.Thousands(n))
}
