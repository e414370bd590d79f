package serve

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// recorder is a response whose end is logged and counted.
type recorder struct {
	http.ResponseWriter
	start  time.Time // the header was read
	status int
	bytes  int64
	err    error // that is answered
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// requestID is the header with the name that a request has in the log: the client's own, or one that is made up.
const requestID = "X-Request-Id"

func validID(id string) bool { return len(id) <= maxName && idCharacters.MatchString(id) }

var idCharacters = regexp.MustCompile(`^[A-Za-z0-9._:/+=-]+$`)

// traceParent is the header of W3C Trace Context (level 1, 3.2), of a version that is known or adds to it.
var traceParent = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9a-f]{2})-([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]{2})(-.*)?$`)
})

// traceOf are the id and the flags of the trace that a request belongs to; a new one where it names none.
func traceOf(r *http.Request) (id, flags string) {
	m := traceParent().FindStringSubmatch(r.Header.Get("traceparent"))
	if m == nil || len(m[2]) != 32 || len(m[3]) != 16 || m[1] == "ff" || m[1] == "00" && m[5] != "" || strings.Trim(m[2], "0") == "" || strings.Trim(m[3], "0") == "" {
		return randomHex(16), "00"
	}
	return m[2], m[4]
}

func randomHex(bytes int) string {
	id := make([]byte, bytes)
	_, _ = rand.Read(id) // it never fails
	return hex.EncodeToString(id)
}

// observed logs and counts each request. The response tells its id, and its trace as the header traceresponse of W3C Trace
// Context (level 2).
func (s *Server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		response := &recorder{ResponseWriter: w, start: time.Now()}
		id := r.Header.Get(requestID)
		if !validID(id) {
			id = randomHex(8)
		}
		trace, flags := traceOf(r)
		w.Header().Set(requestID, id)
		w.Header().Set("Traceresponse", "00-"+trace+"-"+randomHex(8)+"-"+flags)
		next.ServeHTTP(response, r)
		if response.status == 0 { // nobody was left to answer
			response.status = statusGone
		}
		took := time.Since(response.start)
		model, route := s.labels(r)
		s.metrics.request(model, route, response.status, took)
		attributes := []slog.Attr{
			slog.String("method", r.Method), slog.String("path", shortened(r.URL.Path)), slog.Int("status", response.status),
			slog.Int64("bytes", response.bytes), slog.Float64("ms", float64(took)/1e6), slog.String("client", r.RemoteAddr),
			slog.String("id", id), slog.String("trace", trace),
		}
		if model != "" {
			attributes = append(attributes, slog.String("model", model))
		}
		if response.err != nil {
			attributes = append(attributes, slog.String("error", shortened(response.err.Error())))
		}
		s.config.Log.LogAttrs(r.Context(), logLevel(route, response.status), "request", attributes...)
	})
}

// logLevel makes an error of what is the server's own fault, and hides the probes that come every few seconds.
func logLevel(route string, status int) slog.Level {
	switch {
	case status == http.StatusInternalServerError:
		return slog.LevelError
	case strings.HasSuffix(route, "/ready") || strings.HasPrefix(route, "/v2/health/") || route == "/metrics":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// labels are the model and the path of a request, as the server knows them: what a client may choose is no label.
func (s *Server) labels(r *http.Request) (model, route string) {
	if m := s.models[r.PathValue("model")]; m != nil {
		model = m.Name
	}
	_, route, found := strings.Cut(r.Pattern, " ")
	if !found {
		route = r.Pattern
	}
	if route == "" || route == "/" {
		route = "other"
	}
	return model, route
}

// shortened is what a client wrote, no longer than a line of a log should be.
func shortened(text string) string {
	if len(text) > 500 {
		return text[:500] + "…"
	}
	return text
}
