package serve

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"resnet/internal/imaging"
)

// metrics are what /metrics shows, of this server alone.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // by model, route and code
	seconds  *prometheus.HistogramVec // by model and route
	errors   *prometheus.CounterVec   // by class
	images   *prometheus.HistogramVec // by model
	batches  *prometheus.HistogramVec // by model
	stages   *prometheus.HistogramVec // by model and stage
	waiting  prometheus.Histogram

	admission prometheus.Histogram
}

// seconds from a quarter of a millisecond to half a minute.
var seconds = prometheus.ExponentialBucketsRange(0.00025, 32, 18)

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "resnet_" + name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "resnet_" + name, Help: help, Buckets: buckets}, labels)
	}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: counter("requests_total", "Requests that were answered; code 499: the client left.", "model", "route", "code"),
		seconds:  histogram("request_seconds", "From the header of a request to the end of its answer.", seconds, "model", "route"),
		errors:   counter("errors_total", "Requests and images that failed, by what was wrong.", "class"),
		images:   histogram("request_images", "Images, or rows of a tensor, of a request.", prometheus.ExponentialBuckets(1, 2, 8), "model"),
		batches:  histogram("batch_images", "Images that were computed at a time.", prometheus.ExponentialBuckets(1, 2, 8), "model"),
		stages:   histogram("stage_seconds", "Of one image: decoding with preprocessing, and computing, of a batch its share.", seconds, "model", "stage"),
		waiting:  prometheus.NewHistogram(prometheus.HistogramOpts{Name: "resnet_queue_seconds", Help: "For which an image waited for a core.", Buckets: seconds}),

		admission: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "resnet_admission_seconds", Help: "From the header of a request until it was taken on or refused.",
			Buckets: []float64{1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 1e-1},
		}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.errors, m.images, m.batches, m.stages, m.waiting, m.admission,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// watch adds what the queue holds.
func (m *metrics) watch(q *queue) {
	gauge := func(name, help string, value func() float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "resnet_" + name, Help: help}, value))
	}
	gauge("queue_requests", "Requests that wait or are worked on.", func() float64 { return float64(q.requests.Load()) })
	gauge("queue_bytes", "Bytes of bodies that are held.", func() float64 { return float64(q.bytes.Load()) })
	gauge("queue_images", "Images that are computed.", func() float64 { return float64(q.line.computed.Load()) })
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

func (m *metrics) request(model, route string, status int, took time.Duration) {
	m.requests.WithLabelValues(model, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(model, route).Observe(took.Seconds())
}

// stage counts how long one image took for a stage, of which start is the beginning.
func (m *metrics) stage(model *Model, stage string, start time.Time) {
	m.stages.WithLabelValues(model.Name, stage).Observe(time.Since(start).Seconds())
}

func (m *metrics) failed(err error) { m.errors.WithLabelValues(errorClass(err)).Inc() }

// errorClass says what was wrong in a word.
func errorClass(err error) string {
	if _, ok := errors.AsType[*panicError](err); ok {
		return "panic"
	}
	if isImageError(err) {
		return "image_" + string(imaging.ClassOf(err))
	}
	if _, ok := errors.AsType[*fullError](err); ok {
		return "queue_full"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "deadline"
	}
	switch status := statusOf(err); status {
	case statusGone:
		return "client_left"
	case statusNotReady:
		return "not_ready"
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMisdirectedRequest:
		return "access"
	case http.StatusInternalServerError:
		return "internal"
	}
	return "request"
}
