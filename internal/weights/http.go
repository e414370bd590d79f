package weights

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// maxRedirects is how often a server may send us elsewhere.
const maxRedirects = 5

// newClient speaks HTTP through the proxies of the environment ($HTTPS_PROXY, $NO_PROXY), with the system's certificates
// ($SSL_CERT_FILE). It follows redirects to https alone.
func newClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true // a transparent gzip would hide the length and the bytes that are hashed
	transport.DialContext = (&net.Dialer{Timeout: 15 * time.Second}).DialContext
	transport.TLSHandshakeTimeout = 15 * time.Second
	transport.ResponseHeaderTimeout = 30 * time.Second
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}
}

func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return permanentf("more than %d redirects", maxRedirects)
	}
	if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return permanentf("the server sends us from https to %s", req.URL.Redacted())
	}
	return checkURL(req.URL)
}

// checkURL refuses what is not protected on its way. Plain http is for servers on this machine.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme == "https" && u.Host != "":
		return nil
	case u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return permanentf("%s: only https:// is safe on its way", u.Redacted())
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// permanentError is an answer that will be the same next time.
type permanentError struct{ err error }

func (e permanentError) Error() string { return e.err.Error() }
func (e permanentError) Unwrap() error { return e.err }

func permanentf(format string, a ...any) error { return permanentError{fmt.Errorf(format, a...)} }
