// Load puts `resnet serve` on loopback under more than it can take, and prints what became of it beside what should: overload, slow
// and malformed requests, restarts, and what HTTP costs. `make load` builds and runs it.
//
// The server has one half of the cores and the requests come from the other, where taskset is at hand: a generator that takes the
// server's time would be measured with it. Each case is bounded by -duration.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// bench is what all cases share.
type bench struct {
	resnet   string        // the program
	args     []string      // of its serve and classify: which weights
	photos   [][]byte      // JPEGs
	duration time.Duration // of a case
	deadline time.Duration // of a request
	cores    halves
	rows     []row
}

// row is a line of the table; a goal that is "" is a figure to know.
type row struct {
	what, measured, goal string
	failed               bool
}

func (b *bench) note(what, format string, args ...any) {
	b.rows = append(b.rows, row{what: what, measured: fmt.Sprintf(format, args...)})
}

// want adds a line, and tells whether its goal was reached.
func (b *bench) want(reached bool, what, goal, format string, args ...any) {
	b.rows = append(b.rows, row{what, fmt.Sprintf(format, args...), goal, !reached})
}

var cases = []struct {
	name string
	run  func(context.Context, *bench) error
}{
	{"overload", overload}, {"slow", slow}, {"malformed", malformed}, {"restart", restart}, {"speed", speed}, {"latency", latency},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	b := &bench{}
	names := make([]string, len(cases))
	for i, c := range cases {
		names[i] = c.name
	}
	var only, weights, folder string
	var pin bool
	flag.StringVar(&b.resnet, "resnet", "./resnet", "the program")
	flag.StringVar(&weights, "weights", "", "serve these weights instead of a ResNet-50 with random ones; resnet18_tiny is built in")
	flag.StringVar(&folder, "photos", "", "folder of the JPEGs that are sent, instead of one photo of 500×375 pixels made of docs/img/orange.png")
	flag.DurationVar(&b.duration, "duration", time.Minute, "of each case")
	flag.DurationVar(&b.deadline, "deadline", 5*time.Second, "of a request")
	flag.StringVar(&only, "only", strings.Join(names, ","), "the cases")
	flag.BoolVar(&pin, "pin", true, "give the server half of the cores, and the requests the other half")
	flag.Parse()
	var err error
	if b.photos, err = readPhotos(folder); err != nil {
		return err
	}
	if weights == "" {
		dir, err := os.MkdirTemp("", "load")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		weights = filepath.Join(dir, "resnet50.safetensors")
		if err := writeResNet50(weights); err != nil {
			return err
		}
	}
	b.args = []string{"--weights", weights}
	if pin {
		b.cores = split()
	}
	for _, name := range strings.Split(only, ",") {
		i := slices.Index(names, name)
		if i < 0 {
			return fmt.Errorf("-only %s: want some of %s", name, strings.Join(names, ", "))
		}
		fmt.Fprintf(os.Stderr, "%s …\n", name)
		if err := cases[i].run(ctx, b); err != nil {
			return errors.Join(b.print(), fmt.Errorf("%s: %w", name, err))
		}
	}
	return b.print()
}

// print writes the table; a goal that was missed is an error.
func (b *bench) print() error {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	missed := 0
	for _, r := range b.rows {
		verdict := ""
		switch {
		case r.failed:
			verdict = "MISSED"
			missed++
		case r.goal != "":
			verdict = "well"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.what, r.measured, r.goal, verdict)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if missed > 0 {
		return fmt.Errorf("%d goals were missed", missed)
	}
	return nil
}

// halves are the cores of the server and of the requests, as taskset takes them; "": all.
type halves struct{ server, requests string }

// onServer is a command on the cores of the server.
func (h halves) onServer(command []string) []string {
	if h.server == "" {
		return command
	}
	return append([]string{"taskset", "-c", h.server}, command...)
}

// split gives this process the lower half of the cores, and the upper one to servers.
func split() halves {
	n := runtime.NumCPU()
	half := n / 2
	if half == 0 {
		return halves{}
	}
	h := halves{server: fmt.Sprintf("%d-%d", half, n-1), requests: fmt.Sprintf("0-%d", half-1)}
	if err := exec.Command("taskset", "-a", "-c", "-p", h.requests, strconv.Itoa(os.Getpid())).Run(); err != nil {
		fmt.Fprintln(os.Stderr, "load: without taskset, requests and server share all cores:", err)
		return halves{}
	}
	runtime.GOMAXPROCS(half)
	return h
}

// shared lets this process and those that it starts use all cores again.
func (b *bench) shared() {
	if b.cores.requests != "" {
		_ = exec.Command("taskset", "-a", "-c", "-p", fmt.Sprintf("0-%d", runtime.NumCPU()-1), strconv.Itoa(os.Getpid())).Run()
		runtime.GOMAXPROCS(runtime.NumCPU())
	}
	b.cores = halves{}
}
