package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// outcome is what became of requests.
type outcome struct {
	began    time.Time
	duration time.Duration
	codes    map[string]int  // by status; what had none by its error
	inTime   int             // were answered with 200 before the duration was over
	accepted []time.Duration // latencies of those with 200, in order of size
	refused  []time.Duration // of the others
}

// rate is how many requests were answered well in a second.
func (o outcome) rate() float64 { return float64(o.inTime) / o.duration.Seconds() }

func (o outcome) String() string {
	var all []string
	for code, n := range o.codes {
		all = append(all, fmt.Sprintf("%s: %d", code, n))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// add joins what came of more requests of the same kind.
func (o *outcome) add(more outcome) {
	if o.codes == nil {
		o.codes = map[string]int{}
	}
	for code, n := range more.codes {
		o.codes[code] += n
	}
	o.duration += more.duration
	o.inTime += more.inTime
	o.accepted = append(o.accepted, more.accepted...)
	o.refused = append(o.refused, more.refused...)
	slices.Sort(o.accepted)
	slices.Sort(o.refused)
}

// percentile of latencies in order.
func percentile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// attack sends requests for a duration, and waits for the answers; look sees each of them.
func (b *bench) attack(ctx context.Context, target vegeta.Targeter, pace vegeta.Pacer, workers int, duration time.Duration, look func(*vegeta.Result)) outcome {
	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 2 * time.Minute}
	attacker := vegeta.NewAttacker(vegeta.Client(client), vegeta.MaxWorkers(uint64(workers)), vegeta.Workers(uint64(min(workers, 10))))
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer stop()
	o := outcome{began: time.Now(), duration: duration, codes: map[string]int{}}
	for r := range attacker.Attack(target, pace, duration, "") {
		if r.Error == vegeta.ErrNoTargets.Error() {
			continue
		}
		code := fmt.Sprint(r.Code)
		if r.Code == 0 {
			code = r.Error
		}
		o.codes[code]++
		if r.Code == http.StatusOK {
			o.accepted = append(o.accepted, r.Latency)
			if duration == 0 || r.End().Before(o.began.Add(duration)) {
				o.inTime++
			}
		} else {
			o.refused = append(o.refused, r.Latency)
		}
		if look != nil {
			look(r)
		}
	}
	if duration == 0 {
		o.duration = time.Since(o.began)
	}
	slices.Sort(o.accepted)
	slices.Sort(o.refused)
	return o
}

// classify sends the photos to a model, one a request, in an order of chance that is the same each time.
func (b *bench) classify(model string) vegeta.Targeter {
	targets := make([]vegeta.Target, len(b.photos))
	for i, at := range rand.New(rand.NewPCG(1, 2)).Perm(len(b.photos)) {
		p := b.photos[at]
		targets[i] = vegeta.Target{Method: http.MethodPost, URL: model + "/classify", Body: p, Header: http.Header{"Content-Type": {"image/jpeg"}}}
	}
	return vegeta.NewStaticTargeter(targets...)
}

// asFastAs sends a request whenever a worker is free.
var asFastAs = vegeta.Rate{}

// perSecond sends requests at a rate, whatever becomes of them.
func perSecond(rate float64) vegeta.Pacer {
	return vegeta.Rate{Freq: int(rate * 1000), Per: 1000 * time.Second}
}

// limited ends after n requests.
func limited(next vegeta.Targeter, n int) vegeta.Targeter {
	var left atomic.Int64
	left.Store(int64(n))
	return func(t *vegeta.Target) error {
		if left.Add(-1) < 0 {
			return vegeta.ErrNoTargets
		}
		return next(t)
	}
}
