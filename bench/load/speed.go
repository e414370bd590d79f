package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// speed compares photos a second over HTTP with those of `resnet classify -r`, in turns and on the same cores: those of the server,
// so that the requests take none of its time; and then on all cores, which the requests share.
func speed(ctx context.Context, b *bench) error {
	pinned := b.cores.server != ""
	ratio, err := b.ratio(ctx, "speed", b.duration)
	if err != nil {
		return err
	}
	b.want(ratio >= 0.95, "speed: HTTP by classify -r, median", "≥ 0.95", "%.3f", ratio)
	if !pinned {
		return nil
	}
	b.shared()
	if ratio, err = b.ratio(ctx, "speed, with the requests on the same cores", b.duration/2); err != nil {
		return err
	}
	b.note("speed, with the requests on the same cores: HTTP by classify -r, median", "%.3f", ratio)
	return nil
}

// ratio is the median of how many times as many photos a second a server answers as classify does, whose start is taken off.
func (b *bench) ratio(ctx context.Context, what string, duration time.Duration) (float64, error) {
	s, err := b.start(ctx, "")
	if err != nil {
		return 0, err
	}
	defer s.kill()
	folder, err := os.MkdirTemp("", "load")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	rate := b.attack(ctx, b.classify(s.model), asFastAs, callers, time.Second, nil).rate()
	photos := b.enough(int(rate * 4))
	one, many, count := filepath.Join(folder, "one"), filepath.Join(folder, "many"), len(photos)
	for dir, photos := range map[string][][]byte{one: photos[:1], many: photos} {
		if err := b.write(dir, photos); err != nil {
			return 0, err
		}
	}
	var ratios, web, command []float64
	for end := time.Now().Add(duration); len(ratios) < 3 || time.Now().Before(end); {
		start, err := b.timed(ctx, one)
		if err != nil {
			return 0, err
		}
		all, err := b.timed(ctx, many)
		if err != nil {
			return 0, err
		}
		o := b.attack(ctx, limited(b.classify(s.model), count), asFastAs, callers, 0, nil)
		if len(o.refused) > 0 {
			return 0, fmt.Errorf("answers: %s", o)
		}
		byCommand := float64(count-1) / (all - start).Seconds()
		command, web, ratios = append(command, byCommand), append(web, o.rate()), append(ratios, o.rate()/byCommand)
	}
	b.note(fmt.Sprintf("%s: photos a second, of %d: classify -r, HTTP, medians of %d", what, count, len(ratios)), "%.1f, %.1f", median(command), median(web))
	return median(ratios), nil
}

// enough are n photos or somewhat more: those there are, again and again.
func (b *bench) enough(n int) [][]byte {
	all := slices.Clone(b.photos)
	for len(all) < n {
		all = append(all, b.photos...)
	}
	return all
}

func (b *bench) write(dir string, photos [][]byte) error {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	for i, p := range photos {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%04d.jpg", i)), p, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// timed is how long classify takes for the photos of a folder.
func (b *bench) timed(ctx context.Context, folder string) (time.Duration, error) {
	args := b.cores.onServer(append([]string{b.resnet, "classify", "-r", folder, "--format", "csv"}, b.args...))
	start := time.Now()
	out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%v: %w: %s", args, err, out)
	}
	return time.Since(start), nil
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// latency looks at one request at a time: what it takes beyond decoding and computing as the server measures them.
func latency(ctx context.Context, b *bench) error {
	b.shared()
	s, err := b.start(ctx, "")
	if err != nil {
		return err
	}
	defer s.kill()
	target := b.classify(s.model)
	b.attack(ctx, target, asFastAs, 1, time.Second, nil)
	before, err := s.metrics()
	if err != nil {
		return err
	}
	o := b.attack(ctx, target, asFastAs, 1, min(b.duration, 20*time.Second), nil)
	after, err := s.metrics()
	if err != nil {
		return err
	}
	n := float64(len(o.accepted))
	stage := func(name string) float64 {
		const stages = "resnet_stage_seconds"
		return 1e3 * (after.number(stages, "stage", name) - before.number(stages, "stage", name)) / n
	}
	sum := time.Duration(0)
	for _, l := range o.accepted {
		sum += l
	}
	all, decode, compute := sum.Seconds()*1e3/n, stage("decode"), stage("compute")
	b.note("latency: one request, decoding, computing, mean in ms", "%.2f, %.2f, %.2f", all, decode, compute)
	b.want(all <= decode+compute+2, "latency: beyond decoding and computing", "≤ 2 ms", "%.2f ms", all-decode-compute)
	return nil
}
