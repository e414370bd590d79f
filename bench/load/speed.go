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
// so that the requests take none of its time. What classify takes to start is taken off.
func speed(ctx context.Context, b *bench) error {
	s, err := b.start(ctx, "")
	if err != nil {
		return err
	}
	defer s.kill()
	folder, err := os.MkdirTemp("", "load")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	one, many := filepath.Join(folder, "one"), filepath.Join(folder, "many")
	for dir, photos := range map[string][][]byte{one: b.photos[:1], many: b.enough()} {
		if err := b.write(dir, photos); err != nil {
			return err
		}
	}
	count := len(b.enough())
	var ratios, web, command []float64
	for end := time.Now().Add(b.duration); len(ratios) < 3 || time.Now().Before(end); {
		start, err := b.timed(ctx, one)
		if err != nil {
			return err
		}
		all, err := b.timed(ctx, many)
		if err != nil {
			return err
		}
		o := b.attack(ctx, limited(b.classify(s.model), count), asFastAs, callers, 0, nil)
		if len(o.refused) > 0 {
			return fmt.Errorf("answers: %s", o)
		}
		byCommand := float64(count-1) / (all - start).Seconds()
		command, web, ratios = append(command, byCommand), append(web, o.rate()), append(ratios, o.rate()/byCommand)
	}
	ratio := median(ratios)
	b.note(fmt.Sprintf("speed: photos a second, of %d: classify -r, HTTP", count), "%.1f, %.1f", median(command), median(web))
	b.want(ratio >= 0.95, fmt.Sprintf("speed: HTTP by classify -r, median of %d", len(ratios)), "≥ 0.95", "%.3f", ratio)
	return nil
}

// enough are photos for some seconds: those there are, again and again.
func (b *bench) enough() [][]byte {
	all := slices.Clone(b.photos)
	for len(all) < 200 {
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
