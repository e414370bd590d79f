package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os/exec"
	"syscall"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// server is a process of `resnet serve`.
type server struct {
	url   string // http://127.0.0.1:PORT
	model string // the path of its model
	cmd   *exec.Cmd
	ended chan error
}

// start runs a server on a free port, or on one that a server had before, until it is ready.
func (b *bench) start(ctx context.Context, address string, args ...string) (*server, error) {
	if address == "" {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		address = free.Addr().String()
		free.Close()
	}
	command := append([]string{b.resnet, "serve", "--addr", address, "--deadline", b.deadline.String()}, b.args...)
	command = b.cores.onServer(append(command, args...))
	s := &server{url: "http://" + address, cmd: exec.CommandContext(ctx, command[0], command[1:]...), ended: make(chan error, 1)}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { s.ended <- s.cmd.Wait() }()
	for {
		if s.ready() {
			break
		}
		select {
		case err := <-s.ended:
			return nil, fmt.Errorf("%v ended before it was ready: %v", command, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	var list struct{ Models []string }
	response, err := http.Get(s.url + "/v2/models")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil || len(list.Models) == 0 {
		return nil, fmt.Errorf("the server's models: %v, %w", list, err)
	}
	s.model = s.url + "/v2/models/" + list.Models[0]
	return s, nil
}

func (s *server) ready() bool {
	response, err := http.Get(s.url + "/v2/health/ready")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// end asks the server to end, and waits for it.
func (s *server) end() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return <-s.ended
}

// kill ends a server whose end is not looked at.
func (s *server) kill() { _ = s.cmd.Process.Kill() }

// metrics are what /metrics shows, by name.
type metrics map[string]*dto.MetricFamily

func (s *server) metrics() (metrics, error) {
	response, err := http.Get(s.url + "/metrics")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	return families, err
}

// number is the value of a gauge or counter, of one with labels the sum of those whose label has a value.
func (m metrics) number(name, label, value string) float64 {
	sum := 0.0
	for _, metric := range m[name].GetMetric() {
		if has(metric, label, value) {
			sum += metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + metric.GetHistogram().GetSampleSum()
		}
	}
	return sum
}

func has(metric *dto.Metric, label, value string) bool {
	if label == "" {
		return true
	}
	for _, l := range metric.GetLabel() {
		if l.GetName() == label {
			return l.GetValue() == value
		}
	}
	return false
}

// quantile is the upper bound of the bucket that a share of a histogram's values is below, of those values that came since before.
func (m metrics) quantile(before metrics, name string, share float64) time.Duration {
	counts := map[float64]float64{}
	for sign, from := range map[float64]metrics{1: m, -1: before} {
		for _, metric := range from[name].GetMetric() {
			for _, bucket := range metric.GetHistogram().GetBucket() {
				counts[bucket.GetUpperBound()] += sign * float64(bucket.GetCumulativeCount())
			}
		}
	}
	all, best := counts[math.Inf(1)], math.Inf(1)
	for bound, count := range counts {
		if count >= share*all {
			best = min(best, bound)
		}
	}
	if math.IsInf(best, 1) {
		return math.MaxInt64
	}
	return time.Duration(best * float64(time.Second))
}

// patience is how long memory may take to be given back: a server does so once it has had nothing to do for 10 to 20 s.
const patience = 30 * time.Second

// steady waits until the server's goroutines and memory are back at what they were, and adds lines of both.
func (b *bench) steady(ctx context.Context, s *server, before metrics, what string) error {
	const allowed = 1.1
	const goroutines, memory = "go_goroutines", "process_resident_memory_bytes"
	start := time.Now()
	http.DefaultClient.CloseIdleConnections()
	var now metrics
	for end := time.Now().Add(patience); ; {
		var err error
		if now, err = s.metrics(); err != nil {
			return err
		}
		if now.number(goroutines, "", "") <= before.number(goroutines, "", "")+2 && now.number(memory, "", "") <= allowed*before.number(memory, "", "") || time.Now().After(end) {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.ended:
			return errors.Join(errors.New("the server has ended"), err)
		case <-time.After(200 * time.Millisecond):
		}
	}
	waited := time.Since(start).Round(100 * time.Millisecond)
	g0, g1 := before.number(goroutines, "", ""), now.number(goroutines, "", "")
	b.want(g1 <= g0+2, what+": goroutines, before and afterwards", "+ ≤ 2", "%.0f, %.0f after %v", g0, g1, waited)
	m0, m1 := before.number(memory, "", "")/(1<<20), now.number(memory, "", "")/(1<<20)
	b.want(m1 <= allowed*m0, what+": memory in MiB, before and afterwards", "+ ≤ 10 %", "%.0f, %.0f", m0, m1)
	panics := now.number("resnet_errors_total", "class", "panic")
	b.want(panics == 0, what+": panics", "0", "%.0f", panics)
	return nil
}
