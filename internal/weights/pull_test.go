package weights

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"resnet/internal/number"
)

// impatient is a puller that waits for nothing long.
func impatient(t *testing.T) *Puller {
	t.Helper()
	return &Puller{
		Cache: &Cache{Dir: filepath.Join(t.TempDir(), "cache")},
		Stall: 20 * time.Second, LeastBytes: 1000, Backoff: time.Millisecond, Retries: 2,
	}
}

func TestPull(t *testing.T) {
	data := payload(300_000, 1)
	other := payload(300_000, 2)
	n := len(data)
	half := n / 2
	rest := func(start int) string { return fmt.Sprintf("bytes %d-%d/%d", start, n-1, n) }
	for _, test := range []struct {
		name    string
		set     Set // URL and, where SHA256 is "-", none of what is known
		answers []answer
		want    string   // part of the error; "" for success
		ranges  []string // nil: do not check
		left    bool     // whether a partial stays for the next time
		stall   time.Duration
	}{
		{name: "whole", answers: []answer{whole(data, `"a"`)}, ranges: []string{""}},
		{name: "no Content-Length", answers: []answer{chunked(data)}},
		{name: "nothing known", set: Set{SHA256: "-"}, answers: []answer{whole(data, "")}},
		{name: "reset mid-way", answers: []answer{cut(data, `"a"`, half), whole(data, `"a"`)}, ranges: []string{"", "bytes="}},
		{name: "reset again and again", answers: []answer{cut(data, `"a"`, n/4+1)}, ranges: []string{"", "bytes=", "bytes=", "bytes="}},
		{name: "reset without an ETag, digest known", answers: []answer{cut(data, "", half), whole(data, "")}, ranges: []string{"", "bytes="}},
		{name: "reset without an ETag, digest unknown", set: Set{SHA256: "-"}, answers: []answer{cut(data, "", half), whole(data, "")}, ranges: []string{"", ""}},
		{name: "weak ETag, digest unknown", set: Set{SHA256: "-"}, answers: []answer{cut(data, `W/"a"`, half), whole(data, `W/"a"`)}, ranges: []string{"", ""}},
		{name: "200 to a range", answers: []answer{cut(data, `"a"`, half), func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			whole(data, `"a"`)(w, r)
		}}, ranges: []string{"", "bytes="}},
		{name: "206 from 0", answers: []answer{cut(data, `"a"`, half), partial206(data, rest(0), `"a"`), whole(data, `"a"`)}, ranges: []string{"", "bytes=", ""}},
		{name: "206 of another total", answers: []answer{cut(data, `"a"`, half), partial206(data[half:], fmt.Sprintf("bytes %d-%d/%d", half, n, n+1), `"a"`), whole(data, `"a"`)}, ranges: []string{"", "bytes=", ""}},
		{name: "206 to no range", answers: []answer{partial206(data, rest(0), `"a"`), whole(data, `"a"`)}, ranges: []string{"", ""}},
		{name: "206 of another version", answers: []answer{cut(data, `"a"`, half), func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("If-Range")
			whole(other, `"b"`)(w, r)
		}, whole(data, `"a"`)}, ranges: []string{"", "bytes=", ""}},
		{name: "206 of another version that lies", answers: []answer{cut(data, `"a"`, half), whole(other, `"a"`), whole(data, `"a"`)}, ranges: []string{"", "bytes=", ""}},
		{name: "another version since", answers: []answer{cut(other, `"b"`, half), whole(data, `"a"`)}, ranges: []string{"", "bytes="}},
		{name: "416", answers: []answer{cut(data, `"a"`, half), status(416), whole(data, `"a"`)}, ranges: []string{"", "bytes=", ""}},
		{name: "gzip", answers: []answer{func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(data)
		}}, want: `encoded as "gzip"`},
		{name: "a byte too many", answers: []answer{chunked(append(bytes.Clone(data), 0))}, want: "more than"},
		{name: "a byte too many, announced", answers: []answer{whole(append(bytes.Clone(data), 0), "")}, want: fmt.Sprintf("a file of %d bytes, want %d", n+1, n)},
		{name: "a byte too few", answers: []answer{whole(data[:n-1], "")}, want: fmt.Sprintf("a file of %d bytes, want %d", n-1, n)},
		{name: "a byte too few, chunked", answers: []answer{chunked(data[:n-1])}, want: "sha256"},
		{name: "another file of that size", answers: []answer{whole(other, "")}, want: "its sha256 is " + digestOf(other)},
		{name: "a digest that begins otherwise", set: Set{SHA256: "-", SHA256Prefix: "00000000"}, answers: []answer{whole(data, "")}, want: "want 00000000…"},
		{name: "no checkpoint", set: Set{SHA256: "-"}, answers: []answer{whole(bytes.Repeat([]byte("no"), 1000), "")}, want: "not kept"},
		{name: "a sign-in page", answers: []answer{func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write([]byte("<html>"))
		}}, want: "web page"},
		{name: "redirect to http", answers: []answer{status(302, "Location", "http://example.invalid/x")}, want: "only https:// is safe"},
		{name: "redirect for ever", answers: []answer{status(302, "Location", "/again")}, want: "more than 5 redirects"},
		{name: "redirect with another digest", set: Set{SHA256: "-"}, answers: []answer{status(302, "Location", "/x", "X-Linked-Etag", `"`+digestOf(other)+`"`), whole(data, "")}, want: "want " + digestOf(other)},
		{name: "401", answers: []answer{status(401)}, want: "401 Unauthorized (a sign-in"},
		{name: "403", answers: []answer{status(403)}, want: "403 Forbidden"},
		{name: "404", answers: []answer{status(404)}, want: "404 Not Found", ranges: []string{""}},
		{name: "404 half-way", answers: []answer{cut(data, `"a"`, half), status(404)}, want: "404 Not Found", left: true},
		{name: "429 for a while", answers: []answer{status(429, "Retry-After", "0"), whole(data, "")}},
		{name: "500 once", answers: []answer{status(500), whole(data, "")}},
		{name: "503 for ever", answers: []answer{status(503)}, want: "503 Service Unavailable", ranges: []string{"", "", ""}},
		{name: "stall", answers: []answer{slow(data, half, time.Second)}, want: "stopped sending", left: true, stall: 300 * time.Millisecond},
		{name: "trickle", answers: []answer{slow(data, 1, 10*time.Millisecond)}, want: "stopped sending", left: true, stall: 300 * time.Millisecond},
		{name: "breaks for ever", answers: []answer{cut(data, "", half), status(500)}, want: "500", left: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := newScript(t, test.answers...)
			p := impatient(t)
			p.Stall = cmp.Or(test.stall, p.Stall)
			s := test.set
			s.Name, s.URL = "test", server.URL+"/x.safetensors"
			if s.SHA256 == "-" {
				s.SHA256 = ""
			} else {
				s.SHA256, s.Size = digestOf(data), int64(n)
			}
			e, err := p.Pull(t.Context(), s)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want …%s…", err, test.want)
				}
				if _, err := p.Cache.Get(s); !errors.Is(err, ErrAbsent) {
					t.Errorf("in the cache: %v", err)
				}
			} else if err != nil {
				t.Fatal(err)
			} else {
				checkEntry(t, p.Cache, s, e, data)
			}
			if left := p.Cache.leftOver(s.fileName()); (len(left) > 0) != test.left {
				t.Errorf("left over: %v, want some: %v", left, test.left)
			}
			if test.ranges != nil && !slices.EqualFunc(server.ranges, test.ranges, strings.HasPrefix) {
				t.Errorf("ranges %q, want %q", server.ranges, test.ranges)
			}
		})
	}
}

// checkEntry tells that a set is in the cache, with its content, and comes from there the next time.
func checkEntry(t *testing.T, c *Cache, s Set, e *Entry, data []byte) {
	t.Helper()
	got, err := os.ReadFile(e.Path)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(data))
	}
	if e.SHA256 != digestOf(data) || e.Size != int64(len(data)) {
		t.Errorf("record %+v", e.Record)
	}
	again, err := (&Puller{Cache: c, Offline: true}).Pull(t.Context(), s)
	if err != nil || again.SHA256 != e.SHA256 {
		t.Errorf("from the cache: %+v, %v", again, err)
	}
}

func TestPullGoesOnWhereAnotherStopped(t *testing.T) {
	data := payload(300_000, 1)
	for _, test := range []struct {
		name   string
		url    string // of what is left; "" is the set's
		left   []byte
		total  int64
		ranges []string
	}{
		{"the beginning", "", data[:100_000], int64(len(data)), []string{"bytes=100000-"}},
		{"a wrong beginning", "", payload(100_000, 9)[:100_000], int64(len(data)), []string{"bytes=100000-", ""}},
		{"of another file", "https://example.org/y", data[:100_000], int64(len(data)), []string{""}},
		{"longer than the whole", "", append(bytes.Clone(data), 1, 2, 3), int64(len(data)), []string{""}},
		{"nothing", "", nil, int64(len(data)), []string{""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newScript(t, whole(data, `"a"`))
			p := impatient(t)
			s := Set{Name: "test", URL: server.URL + "/x.safetensors", SHA256: digestOf(data), Size: int64(len(data))}
			if err := p.Cache.prepare(); err != nil {
				t.Fatal(err)
			}
			left, err := p.Cache.newPartial(s.fileName())
			if err != nil {
				t.Fatal(err)
			}
			left.Write(test.left)
			if test.url == "" {
				test.url = s.URL
			}
			if err := left.from(origin{URL: test.url, ETag: `"a"`, Total: test.total}); err != nil {
				t.Fatal(err)
			}
			left.file.Close()
			e, err := p.Pull(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			checkEntry(t, p.Cache, s, e, data)
			if !slices.Equal(server.ranges, test.ranges) {
				t.Errorf("ranges %q, want %q", server.ranges, test.ranges)
			}
			if left := p.Cache.leftOver(s.fileName()); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}

// TestPullGivesUp: progress alone does not keep a pull going.
func TestPullGivesUp(t *testing.T) {
	data := payload(320_000, 1)
	for name, test := range map[string]struct {
		answer answer
		most   int64 // requests
		whole  bool
	}{
		"drips":                    {cut(data, `"a"`, 1_000), 3 + 16, false},
		"starts over, breaks off":  {startsOver(cut(data, `"a"`, 200_000)), 3 + 16, false},
		"breaks off at each tenth": {cut(data, `"a"`, 32_000), 11, true},
	} {
		t.Run(name, func(t *testing.T) {
			server := newScript(t, test.answer)
			p := impatient(t)
			s := Set{Name: "test", URL: server.URL + "/x.safetensors", SHA256: digestOf(data), Size: int64(len(data))}
			if _, err := p.Pull(t.Context(), s); (err == nil) != test.whole {
				t.Errorf("error %v", err)
			}
			if n := server.requests.Load(); n > test.most {
				t.Errorf("%d requests, want at most %d", n, test.most)
			}
		})
	}
}

// startsOver ignores what a request wants to leave out.
func startsOver(next answer) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		next(w, r)
	}
}

func TestPullInterrupted(t *testing.T) {
	data := payload(300_000, 1)
	ctx, cancel := context.WithCancel(t.Context())
	server := newScript(t, slow(data, 50_000, 20*time.Millisecond), whole(data, ""))
	p := impatient(t)
	p.Progress = func(progress Progress) {
		if progress.Done > 100_000 {
			cancel()
		}
	}
	s := Set{Name: "test", URL: server.URL + "/x.pth", SHA256: digestOf(data), Size: int64(len(data))}
	if _, err := p.Pull(ctx, s); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if left := p.Cache.leftOver(s.fileName()); len(left) != 1 {
		t.Errorf("left over: %v", left)
	}
	p.Progress = nil
	if _, err := p.Pull(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(server.ranges[1], "bytes=") {
		t.Errorf("ranges %q", server.ranges)
	}
}

func TestPullWithoutNetwork(t *testing.T) {
	dial := func(err error) *http.Client {
		return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, err
		}}}
	}
	s, _ := Find("resnet50")
	for name, p := range map[string]*Puller{
		"no such host": {Client: dial(&net.DNSError{Err: "no such host", Name: "download.pytorch.org", IsNotFound: true})},
		"unreachable":  {Client: dial(&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("network is unreachable")})},
		"no proxy":     {Client: dial(&net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New("connection refused")})},
		"offline":      {Offline: true},
	} {
		p.Cache, p.Backoff = impatient(t).Cache, time.Millisecond
		_, err := p.Pull(t.Context(), s)
		_, offline := errors.AsType[*OfflineError](err)
		_, noNetwork := errors.AsType[*NoNetworkError](err)
		if offline != p.Offline || noNetwork == p.Offline || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPullUnknownCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(whole(payload(10, 1), ""))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	_, err := impatient(t).Pull(t.Context(), Set{Name: "test", URL: server.URL + "/x.pth"})
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("got %v", err)
	}
}

func TestRedirects(t *testing.T) {
	for _, test := range []struct {
		from, to string
		ok       bool
	}{
		{"https://a.example/x", "https://b.example/x", true},
		{"http://127.0.0.1/x", "https://b.example/x", true},
		{"http://127.0.0.1/x", "http://localhost/y", true},
		{"http://127.0.0.1/x", "http://b.example/x", false},
		{"https://a.example/x", "http://127.0.0.1/x", false},
		{"https://a.example/x", "file:///etc/passwd", false},
	} {
		from, _ := http.NewRequest(http.MethodGet, test.from, nil)
		to, _ := http.NewRequest(http.MethodGet, test.to, nil)
		if err := checkRedirect(to, []*http.Request{from}); (err == nil) != test.ok {
			t.Errorf("%s to %s: %v", test.from, test.to, err)
		}
	}
}

func TestPullFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	defer func(f func(string) (*os.File, error)) { createPartial = f }(createPartial)
	createPartial = func(path string) (*os.File, error) {
		if err := os.Symlink("/dev/full", path); err != nil {
			return nil, err
		}
		return os.OpenFile(path, os.O_RDWR, 0)
	}
	data := payload(300_000, 1)
	file := filepath.Join(t.TempDir(), "mine.pth")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	need := ": " + number.Thousands(int64(len(data))) + " more bytes are needed"
	pull := func(a answer) func(*Puller) error {
		return func(p *Puller) error {
			_, err := p.Pull(t.Context(), Set{Name: "test", URL: newScript(t, a).URL + "/x.pth", Size: int64(len(data))})
			return err
		}
	}
	for name, test := range map[string]struct {
		do   func(*Puller) error
		need string
	}{
		"size known":   {pull(whole(data, "")), need},
		"size unknown": {pull(chunked(data)), ""},
		"added":        {func(p *Puller) error { _, err := p.Add(t.Context(), file); return err }, need},
	} {
		p := impatient(t)
		want := "writing: no room in " + p.Cache.Dir + test.need
		if err := test.do(p); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want …%s", name, err, want)
		}
		if left, err := os.ReadDir(p.Cache.partials()); err != nil || len(left) > 0 {
			t.Errorf("%s: left over: %v, %v", name, left, err)
		}
	}
}
