package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/runnerlib"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

// submission is a job that goes to a cluster. It speaks to the job server by the SDK's parts: the package universal, which
// would do the same, brings Google Cloud's clients and starts the Go compiler at run time.
type submission struct {
	args        []string
	jobServer   string
	parallelism int
	binary      string
}

const (
	dialTimeout   = 20 * time.Second
	cancelTimeout = 20 * time.Second
)

// run has the cluster compute shards. That it returns no error is no proof that they are done.
func (s *submission) run(ctx context.Context, shards []int) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	pipeline, err := s.marshal(ctx, newPipeline(command{dir, s.args}, shards))
	if err != nil {
		return err
	}
	if err := s.submit(ctx, pipeline); err != nil {
		return fmt.Errorf("job server %s: %w", s.jobServer, err)
	}
	return nil
}

// marshal is a pipeline whose workers are this program, started as it is: there is nothing to be sent to them.
func (s *submission) marshal(ctx context.Context, p *beam.Pipeline) (*pipepb.Pipeline, error) {
	edges, _, err := p.Build()
	if err != nil {
		return nil, err
	}
	if s.binary == "" {
		if s.binary, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	config, err := json.Marshal(map[string]any{"command": s.binary, "env": settings(os.Environ())})
	if err != nil {
		return nil, err
	}
	environment, err := graphx.CreateEnvironment(ctx, graphx.URNEnvProcess, func(context.Context) string { return string(config) })
	if err != nil {
		return nil, err
	}
	environment.Dependencies = nil
	return graphx.Marshal(edges, &graphx.Options{Environment: environment})
}

// settings are the variables of an environment that change what is computed.
func settings(environ []string) map[string]string {
	found := map[string]string{}
	for _, variable := range environ {
		if name, value, ok := strings.Cut(variable, "="); ok && strings.HasPrefix(name, "RESNET_") {
			found[name] = value
		}
	}
	return found
}

// submit waits for the end of a pipeline, and cancels it where ctx ends before.
func (s *submission) submit(ctx context.Context, p *pipepb.Pipeline) error {
	answer, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", s.jobServer) // gRPC would try again and again
	if err != nil {
		return fmt.Errorf("%w; start one, or say where it is by --job-server", err)
	}
	answer.Close()
	cc, err := grpcx.Dial(ctx, s.jobServer, dialTimeout)
	if err != nil {
		return err
	}
	defer cc.Close()
	server := jobpb.NewJobServiceClient(cc)
	options := &runnerlib.JobOptions{Name: "resnet-batch", Parallelism: s.parallelism}
	if s.parallelism == 0 {
		options.Parallelism = -1
	}
	id, artifacts, token, err := runnerlib.Prepare(ctx, server, p, options)
	if err != nil {
		return err
	}
	if _, err := runnerlib.Stage(ctx, id, artifacts, "", token); err != nil {
		return err
	}
	job, err := runnerlib.Submit(ctx, server, id, token)
	if err != nil {
		return err
	}
	err = runnerlib.WaitForCompletion(ctx, server, job)
	if ctx.Err() == nil {
		return err
	}
	ending, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
	defer stop()
	_, err = server.Cancel(ending, &jobpb.CancelJobRequest{JobId: job})
	return errors.Join(ctx.Err(), err)
}
