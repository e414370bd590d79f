package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

// boot is what a machine of a cluster starts the program with, as Beam's contract for containers has it.
type boot struct{ id, provision string }

// bootOf reads `--id=ID --provision_endpoint=HOST:PORT`. Prism puts the ID into quotes that no shell removes.
func bootOf(args []string) (b boot, ok bool) {
	for _, arg := range args {
		if id, found := strings.CutPrefix(arg, "--id="); found {
			b.id = strings.Trim(id, "'")
		} else if endpoint, found := strings.CutPrefix(arg, "--provision_endpoint="); found {
			b.provision = endpoint
		}
	}
	return b, b.id != "" && b.provision != ""
}

// run computes what the machine asks for, until it asks for no more. The SDK's own boot would fetch a copy of the program for
// each job, and leave both behind.
func (b boot) run(errOut io.Writer) int {
	workers.ends = os.Exit
	err := b.serve(grpcx.WriteWorkerID(context.Background(), b.id))
	closeWorkers()
	if err != nil {
		fmt.Fprintf(errOut, "resnet-beam: worker %s: %v\n", b.id, err)
		return 1
	}
	return 0
}

func (b boot) serve(ctx context.Context) error {
	info, err := tools.ProvisionInfo(ctx, b.provision)
	if err != nil {
		return err
	}
	return harness.MainWithOptions(ctx, info.GetLoggingEndpoint().GetUrl(), info.GetControlEndpoint().GetUrl(), harness.Options{
		StatusEndpoint: info.GetStatusEndpoint().GetUrl(), RunnerCapabilities: info.GetRunnerCapabilities(),
	})
}
