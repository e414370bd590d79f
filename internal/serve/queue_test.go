package serve

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"
)

var ann, bob = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")

// TestAdmission: who is refused by the header alone, how, and when it may come again.
func TestAdmission(t *testing.T) {
	limits := Limits{Requests: 4, ClientRequests: 2, Bytes: 1000, Cores: 2, Deadline: 8 * time.Second}
	for name, test := range map[string]struct {
		requests, waiting int
		bytes, length     int64
		mean              time.Duration
		status            int // 0: it is taken on
		after             time.Duration
		reason            string
	}{
		"nobody is there":               {length: 1000},
		"a body of unknown length":      {length: -1, bytes: 1000},
		"all places are taken":          {requests: 4, status: 503, reason: "too many requests"},
		"a body that is too large":      {length: 501, bytes: 500, status: 503, reason: "too large together"},
		"others wait for less":          {waiting: 8, mean: time.Second},
		"others wait for too long":      {waiting: 10, mean: time.Second, status: 503, after: 5 * time.Second, reason: "longer than the deadline"},
		"nobody waits for slow images":  {mean: time.Minute},
		"all places, and the time too":  {requests: 4, waiting: 3, mean: time.Second, status: 503, after: 1500 * time.Millisecond, reason: "too many requests"},
		"many that hold a core or none": {requests: 3, mean: time.Second},
	} {
		q := newQueue(limits, func(time.Duration) {})
		q.requests.Store(int64(test.requests))
		q.line.waiting.Store(int64(test.waiting))
		q.bytes.Store(test.bytes)
		q.mean.add(test.mean, 1)
		_, err := q.admit(ann, test.length)
		if test.status == 0 {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		full, ok := errors.AsType[*fullError](err)
		if !ok || full.status != test.status || full.after != test.after || !strings.Contains(full.reason, test.reason) {
			t.Errorf("%s: %#v", name, err)
		}
	}
}

// TestClientRequests: one client does not take all places, and others are answered meanwhile.
func TestClientRequests(t *testing.T) {
	q := newQueue(Limits{Requests: 4, ClientRequests: 2, Bytes: 1000, Cores: 2, Deadline: time.Second}, func(time.Duration) {})
	join := func(client netip.Addr) (*ticket, error) {
		ticket, err := q.admit(client, 0)
		if err == nil {
			err = ticket.join()
		}
		return ticket, err
	}
	early, err := q.admit(ann, 0) // its body is still on its way
	if err != nil {
		t.Fatal(err)
	}
	first, err := join(ann)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := join(ann); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"by the header": func() error { _, err := join(ann); return err }(), "by the body": early.join()} {
		if statusOf(err) != http.StatusTooManyRequests {
			t.Errorf("a third request, %s: %v", what, err)
		}
	}
	early.leave()
	if _, err := join(bob); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	first.leave()
	if _, err := join(ann); err != nil {
		t.Errorf("after one has left: %v", err)
	}
}

func TestClientOf(t *testing.T) {
	for from, want := range map[string]string{
		"10.0.0.1:99": "10.0.0.1", "[::ffff:10.0.0.1]:99": "10.0.0.1",
		"[2001:db8:1:2:3:4:5:6]:99": "2001:db8:1:2::", "[fe80::1%eth0]:99": "fe80::", "pipe": "invalid IP",
	} {
		if got := clientOf(&http.Request{RemoteAddr: from}).String(); got != want {
			t.Errorf("%s: %s, want %s", from, got, want)
		}
	}
}

// TestRetryAfter: a refused client is told how long the others will take.
func TestRetryAfter(t *testing.T) {
	s := newServer(t, func(c *Config) { c.Limits.Requests = 1 })
	s.queue.requests.Store(1)
	s.queue.line.waiting.Store(5)
	s.queue.mean.add(time.Second, 1)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request(http.MethodPost, "/v2/models/tiny/classify", png, orange(t)))
	if after := w.Header().Get("Retry-After"); w.Code != http.StatusServiceUnavailable || after != "3" {
		t.Errorf("%d %s, after %s", w.Code, w.Body, after)
	}
	_, text := ask(s, http.MethodGet, "/metrics", nil, nil)
	for _, want := range []string{`resnet_errors_total{class="queue_full"} 1`, "resnet_admission_seconds_count 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

// TestMean: what an image takes is learned, so that a queue which is too long is known.
func TestMean(t *testing.T) {
	q := newQueue(Limits{Cores: 1}, func(time.Duration) {})
	q.mean.add(8*time.Second, 1)
	q.mean.add(16*time.Second, 1)
	if got := q.mean.value(); got != 9*time.Second {
		t.Errorf("%v", got)
	}
	if err := q.run(t.Context(), func(context.Context) error { return nil }); err != nil || q.mean.value() > 8*time.Second {
		t.Errorf("%v, mean %v after an image of no time", err, q.mean.value())
	}
}

// TestClientLeaves: work whose client leaves while it waits is not begun, and its place is free.
func TestClientLeaves(t *testing.T) {
	s := newServer(t, func(c *Config) { c.Limits.Cores = 1 })
	server := httptest.NewServer(s.Bounded(func(_ http.ResponseWriter, r *http.Request, _ []byte) error {
		return s.Run(r.Context(), func(context.Context) error {
			t.Error("it was computed")
			return nil
		})
	}))
	defer server.Close()
	free := s.occupy() // somebody computes
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan error)
	go func() {
		_, err := http.DefaultClient.Do(r)
		left <- err
	}()
	for s.queue.line.waiting.Load() == 0 {
		runtime.Gosched()
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for s.queue.requests.Load() > 0 {
		runtime.Gosched()
	}
	free()
	if n := s.queue.line.waiting.Load(); n != 0 {
		t.Errorf("%d still wait", n)
	}
}
