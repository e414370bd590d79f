package weights

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// payload is a safetensors file of one tensor of random bytes.
func payload(n int, seed uint64) []byte {
	header := fmt.Sprintf(`{"x":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}`, n, n)
	data := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	data = append(data, header...)
	noise := rand.New(rand.NewPCG(seed, 0))
	for range n {
		data = append(data, byte(noise.Uint32()))
	}
	return data
}

func digestOf(data []byte) string {
	d := sha256.Sum256(data)
	return hex.EncodeToString(d[:])
}

// A script answers the requests of a download one after the other; the last answer is repeated.
type script struct {
	*httptest.Server
	answers  []answer
	requests atomic.Int64
	ranges   []string // the Range headers that were seen
}

type answer = http.HandlerFunc

func newScript(t *testing.T, answers ...answer) *script {
	t.Helper()
	s := &script{answers: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(s.requests.Add(1)) - 1
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		s.answers[min(n, len(s.answers)-1)](w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// whole serves data as a good server does: ranges, ETag and If-Range.
func whole(data []byte, etag string) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		if etag != "" {
			w.Header().Set("ETag", etag)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}
}

// cut serves as whole does, but breaks the connection after n bytes of this answer.
func cut(data []byte, etag string, n int) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		whole(data, etag)(&cutter{ResponseWriter: w, left: n}, r)
	}
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p[:min(len(p), c.left)])
	c.left -= n
	if c.left == 0 && err == nil {
		c.ResponseWriter.(http.Flusher).Flush()
		time.Sleep(10 * time.Millisecond) // let the client read what was sent before the reset
		conn, _, _ := c.ResponseWriter.(http.Hijacker).Hijack()
		conn.(*net.TCPConn).SetLinger(0) // RST
		conn.Close()
	}
	return n, err
}

// partial206 sends data with a Content-Range of its own.
func partial206(data []byte, contentRange, etag string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", contentRange)
		if etag != "" {
			w.Header().Set("ETag", etag)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(data)
	}
}

// chunked sends data without saying how much it is.
func chunked(data []byte) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		w.Write(data)
	}
}

func status(code int, headers ...string) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// slow sends piece after piece, with a pause before each.
func slow(data []byte, piece int, pause time.Duration) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		for rest := data; len(rest) > 0 && r.Context().Err() == nil; {
			n := min(piece, len(rest))
			w.Write(rest[:n])
			w.(http.Flusher).Flush()
			rest = rest[n:]
			time.Sleep(pause)
		}
	}
}
