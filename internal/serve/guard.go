package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Access says whom a server answers.
type Access struct {
	// Hosts are the names that requests may be addressed to, beside localhost and addresses in numbers; "*.example.org"
	// stands for all below it. A page of elsewhere whose name is made to lead here is kept out by it: its requests carry that
	// name, and no browser sends another one.
	Hosts []string
	// Token is what a request must bring as a bearer, but for a health check; "": nothing.
	Token string
}

// guard stands before all handlers.
func (s *Server) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(s.checked(func(http.ResponseWriter, *http.Request) error {
		return Failf(http.StatusForbidden, "a request that another site's page makes is not answered")
	}))
	next = origin.Handler(s.authorized(next))
	return s.checked(func(w http.ResponseWriter, r *http.Request) error {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		if s.draining.Load() {
			header.Set("Connection", "close")
		}
		if err := s.config.Access.checkHost(r.Host); err != nil {
			return err
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// checkHost refuses what a request is addressed to unless it is one of this server's names.
func (a Access) checkHost(host string) error {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	} else {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return nil
	}
	name = strings.ToLower(name)
	if name == "" {
		return Failf(http.StatusForbidden, "the request names no host")
	}
	if name == "localhost" || slices.ContainsFunc(a.Hosts, func(allowed string) bool { return matchesHost(name, allowed) }) {
		return nil
	}
	return Failf(http.StatusMisdirectedRequest, "this server does not answer for that host; --allow-host lets it")
}

func matchesHost(name, allowed string) bool {
	allowed = strings.ToLower(allowed)
	if below, ok := strings.CutPrefix(allowed, "*"); ok && strings.HasPrefix(below, ".") {
		return strings.HasSuffix(name, below) && len(name) > len(below)
	}
	return name == allowed
}

// authorized wants the token of all requests but those that open reports.
func (s *Server) authorized(next http.Handler) http.Handler {
	if s.config.Access.Token == "" {
		return next
	}
	want := sha256.Sum256([]byte(s.config.Access.Token))
	return s.checked(func(w http.ResponseWriter, r *http.Request) error {
		bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(bearer))
		if !isOpen(r) && (!ok || subtle.ConstantTimeCompare(want[:], got[:]) != 1) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="resnet"`)
			return Failf(http.StatusUnauthorized, "this needs the server's token: Authorization: Bearer …")
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// isOpen tells what is answered without a token: health, and what a browser loads before any script can send one.
func isOpen(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	path := r.URL.Path
	return path == "/" || strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, "/v2/health/") || path == "/openapi.json"
}
