package cli

import (
	"github.com/spf13/cobra"

	"resnet/internal/isa"
	"resnet/internal/nets"
)

// maxThreads bounds the threads for each core.
const maxThreads = 4

// engineFlags say how a network is computed.
type engineFlags struct {
	threads   int
	exact     bool
	precision string
}

func (e *engineFlags) add(cmd *cobra.Command) {
	cmd.Flags().IntVar(&e.threads, "threads", 0, "compute on `N` threads (0: all cores)")
	cmd.Flags().BoolVar(&e.exact, "exact", false, "without Winograd: slower, with the smallest error")
	choiceFlag(cmd, cmd.Flags(), &e.precision, "precision", []string{nets.Float32, nets.Int8}, "of the products (default: as the weights are)")
}

// check also warns where the kernels are others than the environment asks for.
func (e *engineFlags) check(f *factory) error {
	if err := isa.Err(); err != nil {
		f.warnf("%v", err)
	}
	if e.threads < 0 {
		return usagef("--threads %d: must not be negative", e.threads)
	}
	if most := maxThreads * nets.Cores(); e.threads > most {
		f.warnf("--threads %d: %d are as fast on these %d cores", e.threads, most, nets.Cores())
		e.threads = most
	}
	return nil
}

func (e *engineFlags) compute() nets.Compute {
	return nets.Compute{Threads: e.threads, Exact: e.exact, Precision: e.precision}
}

// seeded is compute for a network whose weights, where it has none, are random ones of a seed.
func (e *engineFlags) seeded(seed uint64) nets.Compute {
	compute := e.compute()
	compute.Seed = seed
	return compute
}

// cores are the threads in numbers: all cores where none were asked for.
func (e *engineFlags) cores() int {
	if e.threads == 0 {
		return nets.Cores()
	}
	return e.threads
}
