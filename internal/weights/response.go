package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// errStartOver is an answer to a request for the rest of a file that is not its rest.
var errStartOver = errors.New("the server did not send the rest of the file")

// statusError is an answer other than the file.
type statusError struct {
	code  int
	after time.Duration // what Retry-After asks for
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("the server answers %d %s", e.code, http.StatusText(e.code))
	if e.code == http.StatusUnauthorized || e.code == http.StatusForbidden {
		text += " (a sign-in is needed, or the file is gone)"
	}
	return text
}

// temporary tells whether the answer may be another one soon.
func (e *statusError) temporary() bool {
	switch e.code {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// checkResponse decides what an answer is: nil for the file, from offset on or, with status 200, from its beginning.
func checkResponse(resp *http.Response, offset int64, o origin) error {
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusPartialContent:
		if offset == 0 || !continues(resp, offset, o) {
			return errStartOver
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return errStartOver
	default:
		return &statusError{resp.StatusCode, retryAfter(resp)}
	}
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return permanentf("the server sends the file encoded as %q, which was not asked for", encoding)
	}
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "text/html" {
		return permanentf("the server sends a web page in place of the file (a sign-in page of the network?)")
	}
	return nil
}

// continues tells whether a partial answer begins exactly where we are and belongs to the same version of the file.
func continues(resp *http.Response, offset int64, o origin) bool {
	want := fmt.Sprintf("bytes %d-%d/%d", offset, o.Total-1, o.Total)
	etag := strongETag(resp)
	return resp.Header.Get("Content-Range") == want && (etag == "" || etag == o.ETag)
}

// strongETag is the ETag where equal tags mean equal bytes.
func strongETag(resp *http.Response) string {
	if tag := resp.Header.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return ""
}

// linkedDigest is the sha256 that Hugging Face's hub announces when it sends us to where the file is.
func linkedDigest(resp *http.Response) string {
	for r := resp.Request.Response; r != nil; r = r.Request.Response {
		tag := strings.Trim(r.Header.Get("X-Linked-Etag"), `"`)
		if _, err := hex.DecodeString(tag); err == nil && len(tag) == 2*sha256.Size {
			return tag
		}
	}
	return ""
}

// maxWait bounds what a server may ask us to wait for.
const maxWait = time.Minute

func retryAfter(resp *http.Response) time.Duration {
	text := resp.Header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(max(seconds, 0), 3600)) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = time.Until(at)
	}
	return min(max(wait, 0), maxWait)
}
