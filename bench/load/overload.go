package main

import (
	"context"
	"time"
)

// callers keep a server busy, with images enough that wait to be computed in batches.
const callers = 16

// overload sends ten times what a server can do, in turns with just that, so that a machine that changes its pace changes both.
func overload(ctx context.Context, b *bench) error {
	const rounds, times = 3, 10
	s, err := b.start(ctx, "")
	if err != nil {
		return err
	}
	defer s.kill()
	target := b.classify(s.model)
	before, err := s.metrics()
	if err != nil {
		return err
	}
	b.attack(ctx, target, asFastAs, callers, max(time.Second, b.duration/20), nil)
	var peak, over outcome
	for range rounds {
		fine := b.attack(ctx, target, asFastAs, callers, b.duration/rounds, nil)
		over.add(b.attack(ctx, target, perSecond(times*fine.rate()), 2048, b.duration/rounds, nil))
		peak.add(fine)
	}
	after, err := s.metrics()
	if err != nil {
		return err
	}
	share := over.rate() / peak.rate()
	b.note("overload: requests a second, at most", "%.1f", peak.rate())
	b.want(share >= 0.95, "overload: of that, at ten times as many", "≥ 95 %", "%.1f %%", 100*share)
	p99 := percentile(over.accepted, 0.99)
	b.want(p99 <= b.deadline, "overload: accepted requests, 99th percentile", "≤ "+b.deadline.String(), "%v", p99.Round(time.Millisecond))
	b.want(over.codes["200"]+over.codes["429"]+over.codes["503"] == len(over.accepted)+len(over.refused), "overload: answers", "only 200, 429, 503", "%s", over)
	b.note("overload: refusals as clients see them, median and 99th percentile", "%v, %v", percentile(over.refused, 0.5).Round(10*time.Microsecond), percentile(over.refused, 0.99).Round(10*time.Microsecond))
	decided := after.quantile(before, "resnet_admission_seconds", 0.99)
	b.want(decided <= time.Millisecond, "overload: decided by the header, 99th percentile", "≤ 1ms", "≤ %v", decided)
	return b.steady(ctx, s, before, "overload")
}
