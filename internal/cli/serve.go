package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"resnet/internal/engine"
	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/serve"
	"resnet/internal/serve/page"
	"resnet/internal/weights"
)

type serveOptions struct {
	f *factory

	trained trainedFlags
	models  []string // NAME=WEIGHTS
	engine  engineFlags
	address string
	access  accessFlags
	limits  serveLimits
	drain   time.Duration
	open    bool
	check   bool
}

func newServeCmd(f *factory) *cobra.Command {
	opts := &serveOptions{f: f}
	cmd := &cobra.Command{
		Use:   "serve [NET]",
		Short: "Show photos and what becomes of them in a browser, and answer programs over HTTP",
		Long: `Show on a page, in a browser, what a network sees in photos and how they go through it, layer by layer:
labels with class activation maps, feature maps, what each residual block adds, what a place of a map sees
of the photo. Nothing leaves this machine, and what nobody looks at is not computed.

Answer requests of programs over HTTP, by the Open Inference Protocol (version 2, REST) that clients of
KServe and Triton speak, and by simpler ones: an image in, JSON out.

Without NET, the network of 200 classes that is built in is served; --weights, or NET as a checkpoint, serves
another one under the network's name. --model NAME=WEIGHTS, which may be given several times, serves a
checkpoint, a folder or a set under a name of your own. Each is loaded once, and images are computed on all
cores. Those that wait are computed in batches where that is faster, as it is for small networks: the log says how
many images a batch of each model has at most, or why they are computed alone. What is answered does not depend on
the batch, to the bit.

It answers this machine alone, under localhost and addresses in numbers. --addr 0.0.0.0:8080 with
--allow-remote answers others too, and wants a token of them: from --token-file FILE, or the variable
RESNET_TOKEN. Names that it is reached by are given with --allow-host.

It ends with Ctrl-C at once, and with SIGTERM after it has said for a while (--drain) that it is not ready;
what is being computed ends in either case. A second signal stops it.`,
		Example: `  resnet serve --open
  resnet serve 50 --weights resnet50.safetensors
  resnet serve --model cats=cats.safetensors --model dogs=dogs.safetensors
  resnet serve --addr 0.0.0.0:8080 --allow-remote --token-file token.txt
  curl -F image=@cat.jpg localhost:8080/v2/models/resnet18_tiny/classify`,
		GroupID: groupClassify,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return usagef("%s takes one network, got %q", cmd.CommandPath(), args)
			case len(args) == 1 && cmd.Flags().Changed("arch") && args[0] != opts.trained.arch:
				return usagef("two networks: %s and --arch %s", args[0], opts.trained.arch)
			case len(args) == 1:
				opts.trained.arch = args[0]
			}
			return runServe(cmd.Context(), opts)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	opts.trained.add(cmd)
	flags.StringArrayVar(&opts.models, "model", nil, "serve the weights of `NAME=WEIGHTS` under that name; may be repeated")
	flags.StringVar(&opts.address, "addr", "127.0.0.1:8080", "`ADDRESS` to answer on; port 0 takes a free one")
	flags.BoolVar(&opts.open, "open", false, "show the page in the browser")
	flags.BoolVar(&opts.check, "check", false, "serve nothing: exit with 0 if the server at --addr is ready, else with 1")
	opts.access.add(cmd)
	opts.limits.add(cmd)
	flags.DurationVar(&opts.drain, "drain", 5*time.Second, "from SIGTERM on, answer for a `TIME` more while saying not to be ready")
	opts.engine.add(cmd)
	return cmd
}

// serveLimits bound what a server takes on.
type serveLimits struct {
	body, memory, pixels, imageMemory int64
	requests, clientRequests, batch   int
	deadline, delay                   time.Duration
}

func (l *serveLimits) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Int64Var(&l.body, "max-body", 64, "refuse requests of more than `MIB`")
	flags.IntVar(&l.requests, "max-requests", 256, "refuse more than `N` requests that wait or are worked on")
	flags.IntVar(&l.clientRequests, "max-client-requests", 0, "refuse more than `N` of them from one address; 0: no less than from all")
	flags.Int64Var(&l.memory, "max-request-memory", 512, "refuse more of them than take `MIB` together")
	flags.DurationVar(&l.deadline, "deadline", 30*time.Second, "give up on a request after a `TIME`")
	flags.IntVar(&l.batch, "max-batch", 8, "compute up to `N` images that wait at a time, where that is faster; 1: each alone")
	flags.DurationVar(&l.delay, "max-delay", 50*time.Millisecond, "answer none later than by a `TIME` for the others of its batch")
	flags.Int64Var(&l.pixels, "max-pixels", imaging.DefaultMaxPixels, "refuse images of more than `N` pixels")
	flags.Int64Var(&l.imageMemory, "max-image-memory", imaging.DefaultBudgetBytes>>20, "memory of all decoders together, in `MIB`")
}

// maxServedBatch bounds the images that are computed at a time: more gain nothing.
const maxServedBatch = 64

// check is an error for limits that let nothing in, or that have no meaning together.
func (l *serveLimits) check(f *factory) error {
	for _, limit := range []struct {
		name  string
		value int64
	}{{"max-body", l.body}, {"max-requests", int64(l.requests)}, {"max-request-memory", l.memory}, {"max-pixels", l.pixels}, {"max-image-memory", l.imageMemory}} {
		if limit.value < 1 || limit.value > 1<<30 {
			return usagef("--%s %d: want 1 or more", limit.name, limit.value)
		}
	}
	if l.clientRequests < 0 {
		return usagef("--max-client-requests %d: must not be negative", l.clientRequests)
	}
	if l.batch < 1 || l.batch > maxServedBatch {
		return usagef("--max-batch %d: want 1 to %d", l.batch, maxServedBatch)
	}
	for _, limit := range []struct {
		name  string
		value time.Duration
	}{{"deadline", l.deadline}, {"max-delay", l.delay}} {
		if limit.value <= 0 {
			return usagef("--%s %v: want more than 0s", limit.name, limit.value)
		}
	}
	switch {
	case !f.given("max-delay"):
	case l.delay > l.deadline:
		return usagef("--max-delay %v: want no more than --deadline %v, after which a request is given up", l.delay, l.deadline)
	case l.batch == 1:
		return usagef("--max-delay: with --max-batch 1 each image is computed alone; leave one of them out")
	}
	return nil
}

func runServe(ctx context.Context, o *serveOptions) error {
	if o.check {
		return checkReady(ctx, o.address)
	}
	if err := errors.Join(o.limits.check(o.f), o.engine.check(o.f)); err != nil {
		return err
	}
	if o.drain < 0 {
		return usagef("--drain %v: must not be negative", o.drain)
	}
	access, err := o.access.access(ctx, o.f, o.address)
	if err != nil {
		return err
	}
	models, err := o.load(ctx)
	defer func() {
		for _, m := range models {
			m.Close()
			_ = m.Net.Close() // it was read alone
		}
	}()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.address)
	if err != nil {
		return notListening(o.address, err)
	}
	cores := o.engine.cores()
	// A thread beside those that compute takes requests: Go lets a goroutine that could go on wait for those that do not pause.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(nets.Cores(), cores+1)))
	log := o.f.log()
	server := serve.New(serve.Config{
		Models: models, Version: buildVersion(), Log: log, Access: access, Drain: o.drainAfter, Page: page.Handlers,
		Limits: serve.Limits{
			Body: o.limits.body << 20, Bytes: o.limits.memory << 20, Requests: o.limits.requests, Deadline: o.limits.deadline,
			ClientRequests: o.limits.clientRequests, Cores: cores, Batch: o.limits.batch, BatchDelay: min(o.limits.delay, o.limits.deadline),
		},
		Decoding: nets.Decoding{Options: imaging.Options{
			Limits: imaging.Limits{MaxPixels: o.limits.pixels, MaxBytes: o.limits.body << 20},
			Budget: imaging.NewBudget(o.limits.imageMemory << 20),
		}},
	})
	log.Info("serving", "address", listener.Addr().String(), "models", len(models))
	address := pageAddress(listener.Addr().String())
	o.f.hintf("the page: %s", pageLink(address, access))
	if o.open {
		go func() {
			if err := openBrowser(ctx, address); err != nil && ctx.Err() == nil {
				o.f.warnf("--open: %v; open %s in a browser yourself", err, address)
			}
		}()
	}
	return server.Serve(ctx, listener)
}

// drainAfter is how long requests are still answered: whoever sends SIGTERM has others that it can send them to, and who
// presses Ctrl-C wants an end.
func (o *serveOptions) drainAfter(cause error) time.Duration {
	if cause != nil && strings.HasPrefix(cause.Error(), syscall.SIGTERM.String()+" ") { // as signal.NotifyContext says it
		return o.drain
	}
	return 0
}

// log is where a server writes a line for each request.
func (f *factory) log() *slog.Logger {
	options := &slog.HandlerOptions{}
	if f.quiet {
		options.Level = slog.LevelWarn
	}
	if f.errTerminal {
		return slog.New(slog.NewTextHandler(f.Err, options))
	}
	return slog.New(slog.NewJSONHandler(f.Err, options))
}

// load opens the models: NET, and those of --model.
func (o *serveOptions) load(ctx context.Context) ([]*serve.Model, error) {
	team := engine.NewTeam(o.engine.threads)
	var models []*serve.Model
	add := func(name string, n *nets.Net, err error) error {
		if err != nil {
			return err
		}
		if name == "" {
			name = n.Arch.Name
		}
		for _, other := range models {
			if other.Name == name {
				return errors.Join(usagef("two models of the name %s; give --model another one", name), n.Close())
			}
		}
		m, err := serve.NewModel(ctx, name, n, o.engine.compute(), team)
		if err != nil {
			return errors.Join(err, n.Close())
		}
		if m.Familiar, err = served(ctx, m.Predictor); err != nil {
			o.f.warnf("model %s: images are not compared with those that it has learned from: %v", name, err)
		}
		models = append(models, m)
		return nil
	}
	if len(o.models) == 0 || o.trained.arch != "" || o.trained.weights.name != "" {
		n, err := o.openNet(ctx)
		if err := add("", n, err); err != nil {
			return models, err
		}
	}
	for _, model := range o.models {
		name, what, ok := strings.Cut(model, "=")
		if !ok || what == "" {
			return models, usagef("--model %s: want NAME=WEIGHTS", model)
		}
		if err := serve.CheckName(name); err != nil {
			return models, usageError{fmt.Errorf("--model: %w", err)}
		}
		n, err := o.f.nets().Open(ctx, nets.Choice{Weights: what, Trained: true, Classifier: true, Pull: o.trained.weights.pull})
		if err := add(name, n, err); err != nil {
			return models, err
		}
	}
	return models, nil
}

// openNet opens NET; without its weights where there are none and none were asked for.
func (o *serveOptions) openNet(ctx context.Context) (*nets.Net, error) {
	o.trained.classes = true
	choice := o.trained.choice()
	n, err := o.f.nets().Open(ctx, choice)
	if o.trained.weights.name != "" || !is[*weights.NotPulledError](err) && !is[*nets.NoWeightsError](err) {
		return n, err
	}
	o.f.warnf("%s%s; its layers are shown, and it answers nothing", err, o.f.hint(err))
	choice.Trained = false
	return o.f.nets().Open(ctx, choice)
}
