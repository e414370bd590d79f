// Command resnet-beam computes the jobs of `resnet batch` on a cluster, by Apache Beam: the shards of a job are the elements
// of a pipeline, and the program itself is what the cluster's machines start to compute them.
package main

import (
	"context"
	"io"
	"os"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/spf13/pflag"

	"resnet/internal/cli"
)

func main() {
	os.Exit(start(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// start is a worker where a cluster starts the program, else what a user asks for.
func start(args []string, in io.Reader, out, errOut io.Writer) int {
	log.LogLevel = "error"
	beam.Init()
	log.SetLogger(silent{})
	if b, ok := bootOf(args); ok {
		return b.run(errOut)
	}
	return cli.MainOn(newEngine(&submission{args: args}), args, in, out, errOut)
}

// newEngine is what submits a job, and in a worker what the command line of the job is read by.
func newEngine(s *submission) cli.Engine {
	return cli.Engine{
		Program: "resnet-beam",
		Long: `Compute very many images on a cluster, as a job of "resnet batch": labels as classify has them, or the vectors
of features. Its results are those of "resnet batch", byte for byte, and "resnet batch status" and "verify" look
at it.`,
		Where: ` on a cluster, by the job server of Apache Beam.

The folder of the job, the images, the weights, the working directory and this program must be there on every
machine, under the same names. Each machine computes shards with --threads threads, whatever the number of its
slots. A machine whose CPU would compute other bits refuses; set RESNET_KERNEL, which all are given, to what
the smallest one has. What is done is what the job's manifest says: where a machine or the cluster dies, the
same command goes on. Ctrl-C lets the machines finish the shards that they compute, and begin no other one.`,
		Example: "photos/ -o job --job-server 127.0.0.1:8099 --parallelism 2 --threads 1",
		Flags: func(flags *pflag.FlagSet) {
			flags.StringVar(&s.jobServer, "job-server", "127.0.0.1:8099", "`HOST:PORT` of Beam's job server")
			flags.IntVar(&s.parallelism, "parallelism", 0, "compute `N` shards at a time (0: as the cluster is set up)")
			flags.StringVar(&s.binary, "worker-binary", "", "`FILE` of this program on the machines (default: as here)")
		},
		Run: s.run,
	}
}

// silent is the log of who submits a job: its progress is that of the manifest, and its error is returned. That of a worker goes
// to the cluster.
type silent struct{}

func (silent) Log(context.Context, log.Severity, int, string) {}
