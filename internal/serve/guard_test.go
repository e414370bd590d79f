package serve

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestHosts: only what a request is addressed to by a name of this server's is answered, whatever its method.
func TestHosts(t *testing.T) {
	access := Access{Hosts: []string{"Lab.example.org", "*.example.net"}}
	for host, want := range map[string]int{
		"localhost": 0, "LOCALHOST:8080": 0, "127.0.0.1": 0, "127.0.0.1:99": 0, "[::1]:8080": 0, "[::1]": 0, "10.1.2.3": 0,
		"lab.example.org": 0, "LAB.example.org:8080": 0, "a.example.net": 0, "a.b.example.net": 0,

		"": 403, ":8080": 403,
		"example.com": 421, "localhost.example.com": 421, "127.0.0.1.example.com": 421, "localhost.": 421, "2130706433": 421,
		"example.net": 421, "evilexample.net": 421, "lab.example.org.example.com": 421,
	} {
		err := access.checkHost(host)
		if got := 0; err != nil {
			if got = statusOf(err); got != want {
				t.Errorf("%q: %d, want %d", host, got, want)
			}
		} else if want != 0 {
			t.Errorf("%q is let in, want %d", host, want)
		}
	}
	s := newServer(t, nil)
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodHead} {
		if status, _ := ask(s, method, "/v2", map[string]string{"Host": "example.com"}, nil); status != http.StatusMisdirectedRequest {
			t.Errorf("%s to another host: %d", method, status)
		}
	}
}

// TestToken: all but health, the page's own files and the API's document wants the token.
func TestToken(t *testing.T) {
	const token = "0123456789abcdef"
	s := newServer(t, func(c *Config) { c.Access.Token = token })
	for header, want := range map[string]int{"": 401, "Bearer ": 401, "Bearer 0123456789abcdeF": 401, token: 401, "Basic " + token: 401, "Bearer " + token: 200} {
		for _, path := range []string{"/v2", "/v2/models", "/metrics"} {
			if status, text := ask(s, http.MethodGet, path, map[string]string{"Authorization": header}, nil); status != want {
				t.Errorf("%s with %q: %d %s, want %d", path, header, status, text, want)
			}
		}
	}
	for path, want := range map[string]int{"/v2/health/live": 200, "/v2/health/ready": 200, "/openapi.json": 200} {
		if status, _ := ask(s, http.MethodGet, path, nil, nil); status != want {
			t.Errorf("%s without a token: %d", path, status)
		}
	}
	if status, _ := ask(s, http.MethodPost, "/v2/health/live", nil, nil); status != http.StatusUnauthorized {
		t.Errorf("POST without a token: %d", status)
	}
}

// TestOrigins: a browser's request that another site's page makes is refused where it could do something.
func TestOrigins(t *testing.T) {
	s := newServer(t, nil)
	for name, test := range map[string]struct {
		headers map[string]string
		want    int
	}{
		"no browser":   {nil, 200},
		"own page":     {map[string]string{"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-origin"}, 200},
		"another site": {map[string]string{"Origin": "http://example.com", "Sec-Fetch-Site": "cross-site"}, 403},
		"old browser":  {map[string]string{"Origin": "http://example.com"}, 403},
		"a sandbox":    {map[string]string{"Origin": "null"}, 403},
	} {
		headers := map[string]string{"Content-Type": "image/png"}
		for name, value := range test.headers {
			headers[name] = value
		}
		status, text := ask(s, http.MethodPost, "/v2/models/tiny/classify", headers, orange(t))
		if status != test.want {
			t.Errorf("%s: %d %.200s, want %d", name, status, text, test.want)
		}
	}
}

// TestRefuses has what is wrong with a request before its body is looked at: each is an error in JSON.
func TestRefuses(t *testing.T) {
	s := newServer(t, func(c *Config) { c.Limits.Body = 1000 })
	for _, test := range []struct {
		method, path string
		headers      map[string]string
		body         string
		want         int
	}{
		{"GET", "/nothing", nil, "", 404},
		{"GET", "//v2", nil, "", 404},
		{"GET", "/v2/./health/live", nil, "", 404},
		{"GET", "/v2/models/other", nil, "", 404},
		{"GET", "/v2/models/tiny/versions/2", nil, "", 404},
		{"POST", "/v2/models/other/classify", png, "x", 404},
		{"POST", "/v2/health/live", nil, "", 405},
		{"GET", "/v2/models/tiny/infer", nil, "", 405},
		{"PUT", "/v2/models/tiny/classify", png, "x", 405},
		{"POST", "/v2/models/tiny/classify", nil, "x", 415},
		{"POST", "/v2/models/tiny/classify", map[string]string{"Content-Type": "text/plain"}, "x", 415},
		{"POST", "/v2/models/tiny/classify", map[string]string{"Content-Type": "image/png", "Content-Encoding": "gzip"}, "x", 415},
		{"POST", "/v2/models/tiny/classify", map[string]string{"Content-Type": "multipart/form-data"}, "x", 400},
		{"POST", "/v2/models/tiny/classify", map[string]string{"Content-Type": "multipart/form-data; boundary=a"}, "--a--\r\n", 400},
		{"POST", "/v2/models/tiny/classify", png, "", 400},
		{"POST", "/v2/models/tiny/classify", png, "no picture", 400},
		{"POST", "/v2/models/tiny/classify?tpo=3", png, "x", 400},
		{"POST", "/v2/models/tiny/classify?top=1&top=2", png, "x", 400},
		{"POST", "/v2/models/tiny/classify?top=-1", png, "x", 400},
		{"POST", "/v2/models/tiny/trace?stats=maybe", png, "x", 400},
		{"POST", "/v2/models/tiny/trace?layers=nothing", png, "x", 400},
		{"POST", "/v2/models/tiny/features?layer=**", png, "x", 400},
		{"POST", "/v2/models/tiny/classify", png, strings.Repeat("x", 1001), 413},
		{"POST", "/v2/models/tiny/infer", nil, strings.Repeat(" ", 1001), 413},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, request(test.method, test.path, test.headers, []byte(test.body)))
		if w.Code != test.want || decode[struct{ Error string }](t, w.Body.String()).Error == "" {
			t.Errorf("%s %s %v: %d %.200s, want %d", test.method, test.path, test.headers, w.Code, w.Body, test.want)
		}
		if test.want == http.StatusMethodNotAllowed && w.Header().Get("Allow") == "" {
			t.Errorf("%s %s: no Allow", test.method, test.path)
		}
	}
}

// TestQueue: what the queue has no room for is refused at once, with a time to come again, and all room is given back.
func TestQueue(t *testing.T) {
	s := newServer(t, func(c *Config) { c.Limits.Requests, c.Limits.Bytes, c.Limits.Deadline = 1, 1<<20, 50*time.Millisecond })
	refused := func(what string) {
		t.Helper()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, request(http.MethodPost, "/v2/models/tiny/classify", png, orange(t)))
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		}
	}
	s.queue.requests.Add(1)
	refused("a full queue")
	s.queue.requests.Add(-1)
	s.queue.bytes.Add(1 << 20)
	refused("full memory")
	s.queue.bytes.Add(-1 << 20)
	leave := s.occupy()
	refused("no core before the deadline")
	leave()
	s.config.Limits.Deadline = time.Minute
	if status, text := ask(s, http.MethodPost, "/v2/models/tiny/classify", png, orange(t)); status != http.StatusOK {
		t.Errorf("afterwards: %d %s", status, text)
	}
	if n, bytes := s.queue.requests.Load(), s.queue.bytes.Load(); n != 0 || bytes != 0 {
		t.Errorf("%d requests and %d bytes are left in the queue", n, bytes)
	}
}

// TestUnsizedBody: a body that does not say how long it is is bounded all the same, by the queue as well.
func TestUnsizedBody(t *testing.T) {
	s := newServer(t, func(c *Config) { c.Limits.Body, c.Limits.Bytes = 1<<20, 4*readStep })
	for size, want := range map[int]int{10: 400, 5 * readStep: 503, 2 << 20: 503} {
		r := httptest.NewRequest(http.MethodPost, "http://localhost/v2/models/tiny/classify", io.MultiReader(bytes.NewReader(make([]byte, size))))
		r.Header.Set("Content-Type", "image/png")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%d bytes: %d %s, want %d", size, w.Code, w.Body, want)
		}
	}
	if bytes := s.queue.bytes.Load(); bytes != 0 {
		t.Errorf("%d bytes are left in the queue", bytes)
	}
}

// TestPanic: a panic is the request's error, which says nothing of the inside, and the server goes on.
func TestPanic(t *testing.T) {
	s := newServer(t, nil)
	for name, handler := range map[string]http.Handler{
		"in the handler": s.checked(func(http.ResponseWriter, *http.Request) error { panic("inside") }),
		"in the work": s.Bounded(func(_ http.ResponseWriter, r *http.Request, _ []byte) error {
			return s.Run(r.Context(), func(context.Context) error { panic("inside") })
		}),
		"in one of several": s.Bounded(func(_ http.ResponseWriter, r *http.Request, _ []byte) error {
			return s.each(r.Context(), 3, func(context.Context, int) error { panic("inside") })
		}),
	} {
		status, text := ask(handler, http.MethodPost, "/", nil, nil)
		if status != http.StatusInternalServerError || text != `{"error":"internal error"}`+"\n" {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	if s.queue.line.free != 2 {
		t.Error("a core is not given back")
	}
}

// TestClientLeft: what nobody waits for any more is not computed.
func TestClientLeft(t *testing.T) {
	s := newServer(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Run(ctx, func(context.Context) error { return errors.New("computed") })
	if !errors.Is(err, context.Canceled) || statusOf(err) != statusGone {
		t.Errorf("%v", err)
	}
}

// TestConnections: no more are open than there may be; others wait for one that ends.
func TestConnections(t *testing.T) {
	s := newServer(t, func(c *Config) { c.Limits.Connections = 1 })
	ctx, cancel := context.WithCancel(t.Context())
	listener := listen(t)
	done := make(chan error)
	go func() { done <- s.Serve(ctx, listener) }()
	ask := func(c net.Conn) {
		t.Helper()
		if _, err := io.WriteString(c, "GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Error(err)
		}
	}
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first, second := dial(), dial()
	ask(first)
	if _, err := first.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	ask(second)
	_ = second.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Error("a second connection is answered beside the only one that may be")
	}
	first.Close()
	_ = second.SetReadDeadline(time.Time{})
	if _, err := second.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	second.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestTraceParent: a request's own id and trace are answered, and others are made up.
func TestTraceParent(t *testing.T) {
	s := newServer(t, nil)
	const trace = "0af7651916cd43dd8448eb211c80319c"
	for parent, kept := range map[string]bool{
		"00-" + trace + "-b7ad6b7169203331-01":                   true,
		"01-" + trace + "-b7ad6b7169203331-01-more":              true,
		"00-" + trace + "-b7ad6b7169203331-01-more":              false,
		"ff-" + trace + "-b7ad6b7169203331-01":                   false,
		"00-" + trace + "-0000000000000000-01":                   false,
		"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01": false,
		"": false, "word": false,
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, request(http.MethodGet, "/v2", map[string]string{"traceparent": parent, requestID: "mine"}, nil))
		got := w.Header().Get("Traceresponse")
		if !traceParent().MatchString(got) || strings.Contains(got, trace) != kept || w.Header().Get(requestID) != "mine" {
			t.Errorf("%q: %v", parent, w.Header())
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request(http.MethodGet, "/v2", map[string]string{requestID: "two words"}, nil))
	if id := w.Header().Get(requestID); !validID(id) {
		t.Errorf("id %q", id)
	}
}

// TestMetricLabels: no label has what a client wrote.
func TestMetricLabels(t *testing.T) {
	s := newServer(t, nil)
	for _, path := range []string{"/v2/models/intruder", "/intruder", "/v2/models/tiny/versions/intruder", "/v2/models/tiny"} {
		ask(s, http.MethodGet, path, nil, nil)
	}
	_, text := ask(s, http.MethodGet, "/metrics", nil, nil)
	if strings.Contains(text, "intruder") || !strings.Contains(text, `resnet_requests_total{code="200",model="tiny",route="/v2/models/{model}"} 1`) {
		t.Errorf("%s", text)
	}
}
