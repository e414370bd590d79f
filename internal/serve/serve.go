// Package serve answers requests over HTTP: the Open Inference Protocol's, those for an image's classes, its trace and its
// features, and a page's. It bounds what it takes on, and lets in whom it is told to.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"

	"resnet/internal/imaging"
	"resnet/internal/nets"
)

// Config is what a server is made of.
type Config struct {
	Models  []*Model // in the order in which they are listed; their names differ
	Version string   // of the program, for the server's metadata
	Log     *slog.Logger

	// Page makes what a browser is shown; nil: nothing is. The first handler answers GET / and below /static/, which a browser
	// asks for without a token: it gives away nothing that is not in the program. The second answers below /view/, with all
	// guards.
	Page func(*Server) (static, views http.Handler)

	Access   Access
	Limits   Limits
	Decoding nets.Decoding // of which Timeout is the deadline's, and Warn goes to the log
	// Drain is for how long new requests are answered after the context of Serve has ended, given why it has; nil: no longer.
	Drain func(cause error) time.Duration
}

// Limits bound what a server takes on. A zero field is the default.
type Limits struct {
	Body        int64         // bytes of one request; default 64 MiB
	Requests    int           // that wait or are worked on; default 256
	Bytes       int64         // of their bodies together; default 512 MiB
	Connections int           // at a time, others wait; default 4096
	Deadline    time.Duration // of a request, from the end of its body; default 30 s
	Cores       int           // images that are computed at a time; default: as many as there are cores

	ClientRequests int // of Requests, those of one address; default: all

	Batch      int           // images that are computed at a time where that pays; default 8
	BatchDelay time.Duration // by which an image may be answered later for the others of its batch; default 50 ms
}

func (l Limits) orDefault() Limits {
	set(&l.Body, 64<<20)
	set(&l.Requests, 256)
	set(&l.Bytes, 512<<20)
	set(&l.Connections, 4096)
	set(&l.Deadline, 30*time.Second)
	set(&l.Cores, nets.Cores())
	set(&l.ClientRequests, l.Requests)
	set(&l.Batch, 8)
	set(&l.BatchDelay, 50*time.Millisecond)
	return l
}

func set[T comparable](value *T, usual T) {
	var zero T
	if *value == zero {
		*value = usual
	}
}

// Server answers requests.
type Server struct {
	config   Config
	models   map[string]*Model
	queue    *queue
	metrics  *metrics
	handler  http.Handler
	draining atomic.Bool
}

// New makes a server; it answers once Serve is called.
func New(c Config) *Server {
	c.Limits = c.Limits.orDefault()
	s := &Server{config: c, models: map[string]*Model{}, metrics: newMetrics()}
	for _, m := range c.Models {
		s.models[m.Name] = m
	}
	s.queue = newQueue(c.Limits, func(d time.Duration) { s.metrics.waiting.Observe(d.Seconds()) })
	s.metrics.watch(s.queue)
	s.handler = s.observed(s.guard(s.routes()))
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Models are those that are served, in order.
func (s *Server) Models() []*Model { return s.config.Models }

// Model finds a model by its name, or is an error that says that there is none.
func (s *Server) Model(name string) (*Model, error) {
	if m := s.models[name]; m != nil {
		return m, nil
	}
	return nil, Failf(http.StatusNotFound, "there is no model of that name")
}

// Decoding says how images are decoded.
func (s *Server) Decoding() nets.Decoding { return s.config.Decoding }

// Run waits for a core, and works on it until ctx is done: all that computes goes through it, so that no more of it goes on
// than there are cores. A panic of work becomes an error.
func (s *Server) Run(ctx context.Context, work func(context.Context) error) error {
	return s.queue.run(ctx, work)
}

// Bounded makes a handler of a function that is given the whole body, within the server's limits: it is not called where
// the queue is full, and its context ends with the deadline. What it returns is answered as an error.
func (s *Server) Bounded(handle func(w http.ResponseWriter, r *http.Request, body []byte) error) http.Handler {
	return s.checked(func(w http.ResponseWriter, r *http.Request) error {
		ticket, err := s.queue.admit(clientOf(r), r.ContentLength)
		if response, ok := w.(*recorder); ok {
			s.metrics.admission.Observe(time.Since(response.start).Seconds())
		}
		if err != nil {
			return err
		}
		defer ticket.leave()
		body, err := readBody(w, r, ticket, s.config.Limits.Body)
		if err != nil {
			return err
		}
		if err := ticket.join(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(r.Context(), s.config.Limits.Deadline)
		defer cancel()
		return handle(w, r.WithContext(ctx), body)
	})
}

// checked makes a handler of a function that may fail or panic.
func (s *Server) checked(handle func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := func() (err error) {
			defer recoverPanic(&err)
			return handle(w, r)
		}()
		if err != nil {
			s.fail(w, err)
		}
	})
}

// fail answers with an error, and counts it; of a panic the log has all.
func (s *Server) fail(w http.ResponseWriter, err error) {
	s.metrics.failed(err)
	if response, ok := w.(*recorder); ok {
		response.err = err
	}
	if p, ok := errors.AsType[*panicError](err); ok {
		s.config.Log.Error("panic", "id", w.Header().Get(requestID), "value", fmt.Sprint(p.value), "stack", string(p.stack))
	}
	if status := statusOf(err); status != statusGone {
		fail(w, status, err)
	}
}

// each calls work for the numbers up to n at a time, until one fails; a panic of work is its error.
func (s *Server) each(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	if n == 1 {
		return work(ctx, 0)
	}
	g, ctx := errgroup.WithContext(ctx)
	for i := range n {
		g.Go(func() (err error) {
			defer recoverPanic(&err)
			return work(ctx, i)
		})
	}
	return g.Wait()
}

// isImageError tells an error that is one picture's own, and not the request's.
func isImageError(err error) bool {
	_, ok := errors.AsType[*imaging.Error](err)
	return ok
}

// Serve answers on a listener until ctx is done, and then some: for as long as Config.Drain has it requests are answered while
// the server says that it is not ready, so that whoever shares them out can go elsewhere; then those that are worked on end.
// An error of a model's first inference ends it too.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       60 * time.Second,
		WriteTimeout:      bodyTime + s.config.Limits.Deadline + 10*time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.config.Log.Handler(), slog.LevelDebug),
	}
	g, ctx := errgroup.WithContext(ctx)
	ended := make(chan struct{})
	g.Go(func() error {
		defer close(ended)
		if err := server.Serve(netutil.LimitListener(listener, s.config.Limits.Connections)); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		for _, m := range s.config.Models {
			if err := m.warm(ctx, s.config.Limits.Batch); err != nil {
				return err
			}
			if m.Ready() {
				attributes := []any{"model", m.Name, "batch", m.batch}
				if m.alone != "" {
					attributes = append(attributes, "alone", m.alone)
				}
				s.config.Log.Info("ready", attributes...)
			}
		}
		defer boundGarbage()()
		s.queue.rest(ctx, s.freeMemory)
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		s.draining.Store(true)
		drain := time.Duration(0)
		if s.config.Drain != nil {
			drain = s.config.Drain(context.Cause(ctx))
		}
		s.config.Log.Info("ending", "drain", drain.String())
		select {
		case <-time.After(drain):
		case <-ended:
		}
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Limits.Deadline)
		defer cancel()
		return errors.Join(server.Shutdown(ending), server.Close())
	})
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
