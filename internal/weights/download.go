package weights

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// download fetches one set into its partial.
type download struct {
	p    *Puller
	set  Set // with what is pinned
	name string
	part *partial

	largest int64  // more bytes than this can't be right
	credit  int64  // bytes up to which progress has paid for failures
	linked  string // the digest that a redirect announced, "" mostly
	wrong   bool   // it came whole once, and wrong
}

// maxUnknown bounds a file whose size nobody has published.
const maxUnknown = 16 << 30

// run fetches the file and returns its digest. Failures count over the whole pull; they are forgiven at each
// sixteenth of the file that no attempt had reached before. So a server that drips, or that breaks off and starts over, is
// not asked for ever.
func (d *download) run(ctx context.Context) (string, error) {
	d.largest = cmp.Or(d.set.Size, maxUnknown)
	if d.set.Size == 0 && d.set.SizeMiB > 0 {
		d.largest = d.set.AboutBytes() + 2048 // SizeMiB is rounded
	}
	d.credit = d.part.offset
	for failures := 0; ; {
		err := d.attempt(ctx)
		if err == nil {
			digest, err := d.check()
			if err == nil || !d.part.pieced || d.wrong {
				return digest, err
			}
			d.wrong = true // the pieces may be of two versions: once more, from the start
			if err := d.part.restart(); err != nil {
				return "", err
			}
			continue
		}
		if errors.Is(err, errStartOver) {
			if err := d.part.restart(); err != nil {
				return "", err
			}
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		failures++
		if gain := d.part.offset - d.credit; gain > d.largest/16 {
			d.credit = d.part.offset
			failures = 1
		}
		if final(err) || failures > d.p.retries() || noNetwork(err) && failures > 1 {
			return "", err
		}
		if err := d.wait(ctx, failures, err); err != nil {
			return "", err
		}
	}
}

// final tells errors that another attempt will not mend.
func final(err error) bool {
	var permanent permanentError
	var status *statusError
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &permanent), errors.As(err, &certificate), errors.Is(err, errDisk):
		return true
	case errors.As(err, &status):
		return !status.temporary()
	case errors.As(err, &dns):
		return dns.IsNotFound
	}
	return false
}

// wait is what Retry-After says, or half a second, doubled at each failure.
func (d *download) wait(ctx context.Context, failures int, err error) error {
	pause := min(d.p.backoff()<<(failures-1), maxWait)
	var status *statusError
	if errors.As(err, &status) && status.after > 0 {
		pause = status.after
	}
	d.p.tell(Progress{Name: d.set.Name, State: Retrying, Done: d.part.offset, Total: d.set.AboutBytes(), Err: err})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pause):
		return nil
	}
}

// attempt asks for the file, or for its rest, and takes what comes.
func (d *download) attempt(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	req, err := d.request(ctx)
	if err != nil {
		return err
	}
	resp, err := d.p.client().Do(req)
	if err != nil {
		return withoutURL(err)
	}
	defer resp.Body.Close()
	if err := checkResponse(resp, d.part.offset, d.part.origin); err != nil {
		return err
	}
	total, err := d.begin(resp)
	if err != nil {
		return err
	}
	body := &watchdog{body: resp.Body}
	go body.watch(ctx, d.p.stall(), d.p.leastBytes(), cancel)
	err = d.take(body, total)
	if cause := context.Cause(ctx); errors.Is(cause, errStalled) {
		return errStalled
	}
	return err
}

// request asks for what is missing, but only if the file is still the one whose beginning is here.
func (d *download) request(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.set.URL, nil)
	if err != nil {
		return nil, permanentError{err}
	}
	if err := checkURL(req.URL); err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "resnet")
	req.Header.Set("Accept-Encoding", "identity")
	if d.part.offset == 0 {
		return req, nil
	}
	if o := d.part.origin; o.Total <= d.part.offset || o.ETag == "" && d.set.SHA256 == "" {
		return req, d.part.restart() // nothing tells whether the rest would fit
	}
	req.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.part.offset))
	if d.part.origin.ETag != "" {
		req.Header.Set("If-Range", d.part.origin.ETag)
	}
	return req, nil
}

// begin prepares the partial for an answer, and returns how many bytes the file has, or -1.
func (d *download) begin(resp *http.Response) (total int64, err error) {
	if resp.StatusCode == http.StatusPartialContent {
		d.part.pieced = true
		return d.part.origin.Total, nil
	}
	if d.part.offset > 0 {
		if err := d.part.restart(); err != nil {
			return 0, err
		}
	}
	d.linked = linkedDigest(resp)
	total = resp.ContentLength
	if total >= 0 && !d.set.sizeFits(total) {
		return 0, permanentf("the server has a file of %d bytes, want %d", total, d.set.AboutBytes())
	}
	if total > d.largest {
		return 0, permanentf("the server has a file of %d bytes, want at most %d", total, d.largest)
	}
	return total, d.part.from(origin{URL: d.set.URL, ETag: strongETag(resp), Total: total})
}

// take writes and hashes what comes, to the end and not a byte more.
func (d *download) take(body io.Reader, total int64) error {
	limit := d.largest
	if total >= 0 {
		limit = total
	}
	buf := make([]byte, chunk)
	for {
		n, err := body.Read(buf)
		if d.part.offset+int64(n) > limit {
			return errors.Join(permanentf("the server sends more than the %d bytes that the file should have", limit), d.part.restart())
		}
		if _, werr := d.part.Write(buf[:n]); werr != nil {
			return werr
		}
		d.p.tell(Progress{Name: d.set.Name, State: Downloading, Done: d.part.offset, Total: total})
		switch {
		case err == io.EOF && total >= 0 && d.part.offset < total:
			return io.ErrUnexpectedEOF
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// check compares a whole file with what is known of the set.
func (d *download) check() (string, error) {
	got := sum(d.part.hash)
	if !d.set.digestFits(got) || d.linked != "" && got != d.linked {
		want := cmp.Or(d.set.SHA256, d.linked, d.set.SHA256Prefix+"…")
		return "", fmt.Errorf("%w: its sha256 is %s, want %s", errWrong, got, want)
	}
	if !d.set.sizeFits(d.part.offset) {
		return "", fmt.Errorf("%w: it has %d bytes, want %d", errWrong, d.part.offset, d.set.AboutBytes())
	}
	return got, nil
}

// noNetwork tells that no server was reached.
func noNetwork(err error) bool {
	var dns *net.DNSError
	var dial *net.OpError
	return errors.As(err, &dns) || errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect")
}

// withoutURL takes the address off an error of net/http: ours has it already.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// syncDir makes a rename last. Where directories can't be synced it is left to the system.
func syncDir(path string) {
	if d, err := os.Open(path); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
