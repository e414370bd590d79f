package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"

	"resnet/internal/imaging"
	"resnet/internal/nets"
)

// failure is an error with the status of HTTP that it has.
type failure struct {
	status int
	err    error
}

func (f failure) Error() string { return f.err.Error() }
func (f failure) Unwrap() error { return f.err }

// Failf makes an error that a response of that status tells of.
func Failf(status int, format string, args ...any) error {
	return failure{status, fmt.Errorf(format, args...)}
}

const (
	statusNotReady = http.StatusServiceUnavailable
	statusGone     = 499 // the client left: nobody reads it but the log, as nginx writes it
)

// statusOf is the status that an error has over HTTP.
func statusOf(err error) int {
	if f, ok := errors.AsType[failure](err); ok {
		return f.status
	}
	if full, ok := errors.AsType[*fullError](err); ok {
		return full.status
	}
	if _, ok := errors.AsType[*nets.WatchError](err); ok {
		return http.StatusBadRequest
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok && tooLarge != nil {
		return http.StatusRequestEntityTooLarge
	}
	switch {
	case errors.Is(err, context.Canceled):
		return statusGone
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	if e, ok := errors.AsType[*imaging.Error](err); ok {
		return statusOfImage(e.Class)
	}
	return http.StatusInternalServerError
}

func statusOfImage(class imaging.Class) int {
	switch class {
	case imaging.TooLarge:
		return http.StatusRequestEntityTooLarge
	case imaging.Internal, imaging.IO:
		return http.StatusInternalServerError
	case imaging.Timeout:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// fail answers with an error: {"error": "…"}, as the Open Inference Protocol has it.
func fail(w http.ResponseWriter, status int, err error) {
	if full, ok := errors.AsType[*fullError](err); ok {
		w.Header().Set("Retry-After", fmt.Sprint(max(1, math.Ceil(full.after.Seconds()))))
	} else if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	message := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		message = "the deadline passed: " + message
	}
	writeJSON(w, status, struct {
		Error string `json:"error"`
	}{message})
}

// writeJSON answers with a value.
func writeJSON(w http.ResponseWriter, status int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		status, text = http.StatusInternalServerError, []byte(`{"error":"the answer can't be written as JSON"}`)
	}
	writeBytes(w, status, "application/json", append(text, '\n'))
}

// writeBytes answers with a body. Who does not read it to its end is gone, and no error.
func writeBytes(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
