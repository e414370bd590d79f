package serve

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"resnet/internal/nets"
)

// maxImages bounds the images, or rows of a tensor, of one request.
const maxImages = 128

// bodyTime is how long a client may take to send its body.
const bodyTime = 60 * time.Second

// readStep is how much of a body is read at a time: what a request holds grows with what has arrived, not with what its
// header announces.
const readStep = 64 << 10

// readBody reads a whole body of at most maxBytes.
func readBody(w http.ResponseWriter, r *http.Request, t *ticket, maxBytes int64) ([]byte, error) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime)) // there is none in a test's recorder
	body := http.MaxBytesReader(w, r.Body, maxBytes)
	var all bytes.Buffer
	for {
		if err := t.hold(readStep); err != nil {
			return nil, err
		}
		_, err := io.CopyN(&all, body, readStep)
		switch {
		case err == io.EOF:
			_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
			return all.Bytes(), nil
		case err != nil:
			return nil, bodyError(err, maxBytes)
		}
	}
}

func bodyError(err error, maxBytes int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return Failf(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", maxBytes)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return Failf(http.StatusRequestTimeout, "the body did not arrive within %v", bodyTime)
	}
	return Failf(http.StatusBadRequest, "the body ends early: %w", err)
}

// stdin is the name of a picture that has none, as on the command line.
const stdin = "-"

// images are the pictures of a body: the body itself, or the files of a form.
func images(r *http.Request, body []byte) ([]*nets.Image, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		if len(body) == 0 {
			return nil, Failf(http.StatusBadRequest, "the body is empty, want an image")
		}
		return []*nets.Image{{Name: stdin, Rel: stdin, Data: body}}, nil
	}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	var all []*nets.Image
	for {
		part, err := form.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, Failf(http.StatusBadRequest, "the form ends early or is malformed: %w", err)
		}
		if len(all) == maxImages {
			return nil, Failf(http.StatusBadRequest, "more than %d images", maxImages)
		}
		data, err := io.ReadAll(part) // no more than the body, which is in memory
		if err != nil {
			return nil, Failf(http.StatusBadRequest, "the form ends early or is malformed: %w", err)
		}
		name := baseName(part.FileName())
		all = append(all, &nets.Image{Name: name, Rel: name, Data: data})
	}
	if len(all) == 0 {
		return nil, Failf(http.StatusBadRequest, "no file in the form, want images")
	}
	return all, nil
}

// baseName is a file's name as a client gives it, without folders.
func baseName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" || name == ".." {
		return stdin
	}
	return name
}

// checkType refuses bodies that no handler reads: a browser sends some types from any page without asking first.
func checkType(r *http.Request, allowNone bool, allowed ...string) error {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return Failf(http.StatusUnsupportedMediaType, "Content-Encoding %s is not read; send the body as it is", encoding)
	}
	header := r.Header.Get("Content-Type")
	if header == "" && allowNone {
		return nil
	}
	kind, _, err := mime.ParseMediaType(header)
	for _, want := range allowed {
		if err == nil && (kind == want || strings.HasSuffix(want, "/") && strings.HasPrefix(kind, want)) {
			return nil
		}
	}
	return Failf(http.StatusUnsupportedMediaType, "Content-Type %q: want %s", header, strings.ReplaceAll(strings.Join(allowed, ", "), "image/,", "image/…,"))
}
