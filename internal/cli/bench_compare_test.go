package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"resnet/internal/isa"
	"resnet/internal/nets"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

// benchSettings reads --compare beside other flags.
func benchSettings(t *testing.T, line string) ([]benchSetting, error) {
	t.Helper()
	f := newFactory(strings.NewReader(""), nil, nil)
	opts := &benchOptions{f: f}
	if err := benchCmd(opts).ParseFlags(strings.Fields(line)); err != nil {
		t.Fatal(err)
	}
	return opts.settings()
}

func TestCompareSettings(t *testing.T) {
	describe := func(s benchSetting) string {
		return fmt.Sprintf("%s: batch %d, %d threads, exact %v, %q, %s", s.name, s.batch, s.compute.Threads, s.compute.Exact, s.compute.Precision, s.level())
	}
	base := fmt.Sprintf("batch 1, %d threads", nets.Cores())
	own := isa.Allowed()
	for line, want := range map[string][]string{
		"--compare exact": {
			fmt.Sprintf("exact=false: %s, exact false, \"\", %s", base, own), fmt.Sprintf("exact=true: %s, exact true, \"\", %s", base, own),
		},
		"--compare float32,int8 --exact": {
			fmt.Sprintf("float32: %s, exact true, \"float32\", %s", base, own), fmt.Sprintf("int8: %s, exact true, \"int8\", %s", base, own),
		},
		"--compare precision=int8,int8": {
			fmt.Sprintf("int8: %s, exact false, \"int8\", %s", base, own), fmt.Sprintf("int8: %s, exact false, \"int8\", %s", base, own),
		},
		"--compare threads=2,1,1 --batch 3": {
			fmt.Sprintf("threads=2: batch 3, 2 threads, exact false, \"\", %s", own), fmt.Sprintf("threads=1: batch 3, 1 threads, exact false, \"\", %s", own),
			fmt.Sprintf("threads=1: batch 3, 1 threads, exact false, \"\", %s", own),
		},
		"--compare batch=1,8 --threads 1": {
			fmt.Sprintf("batch=1: batch 1, 1 threads, exact false, \"\", %s", own), fmt.Sprintf("batch=8: batch 8, 1 threads, exact false, \"\", %s", own),
		},
		"--compare kernel=generic," + own.String(): {
			fmt.Sprintf("kernel=generic: %s, exact false, \"\", generic", base), fmt.Sprintf("kernel=%s: %s, exact false, \"\", %s", own, base, own),
		},
	} {
		settings, err := benchSettings(t, line)
		if err != nil || len(settings) != len(want) {
			t.Errorf("%s: %v, %v", line, settings, err)
			continue
		}
		for i, s := range settings {
			if got := describe(s); got != want[i] {
				t.Errorf("%s: %s, want %s", line, got, want[i])
			}
		}
	}
}

func TestCompareSettingsRefused(t *testing.T) {
	for line, want := range map[string]string{
		"--compare kernels":                          `--compare "kernels": want float32,int8 or exact or threads=1,2 or batch=1,8 or kernel=avx2,avx512`,
		"--compare=":                                 `--compare "": want float32,int8 or`,
		"--compare float32":                          "--compare float32: one setting alone, want two or more: float32,int8",
		"--compare threads":                          "--compare threads: one setting alone, want two or more: threads=1,2",
		"--compare kernel=generic":                   "--compare kernel=generic: one setting alone",
		"--compare int8,bfloat16":                    `--compare int8,bfloat16: "bfloat16" is not one of float32, int8`,
		"--compare exact=true,yes":                   `"yes" is not one of true, false`,
		"--compare threads=1,1000000":                fmt.Sprintf(`"1000000" is not a number from 1 to %d`, maxThreads*nets.Cores()),
		"--compare batch=1,-8":                       `"-8" is not a number from 1 to 2147483647`,
		"--compare kernel=generic,mmx":               "mmx: unknown level, want avx512vnni, avx512, avxvnni, avx2 or generic",
		"--compare batch=1,1,1,1,1,1,1,1,1":          "9 settings, at most 8",
		"--compare threads=1,2 --threads 2":          "--compare threads=1,2 sets what --threads does: leave one out",
		"--compare float32,int8 --precision float32": "sets what --precision does",
		"--compare exact --per-layer":                "--per-layer is of one setting: leave out --compare exact",
	} {
		if _, err := benchSettings(t, line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	for level := isa.Generic; level <= isa.AVX512VNNI; level++ {
		_, err := benchSettings(t, "--compare kernel=generic,"+level.String())
		if isa.Has(level) != (err == nil) || err != nil && !strings.Contains(err.Error(), level.String()+": this CPU or build cannot run it") {
			t.Errorf("%s, which this CPU has: %v; %v", level, isa.Has(level), err)
		}
	}
}

// TestCompareTimes wants the ratios of the rounds, of the time for an image, and none where the clock stood still.
func TestCompareTimes(t *testing.T) {
	firsts := []time.Duration{10, 20, 10, 40, 10, 20}
	for _, tt := range []struct {
		batch int
		times []time.Duration
		want  string
	}{
		{2, []time.Duration{10, 20, 10, 40, 10, 20}, "10ns 15ns 1 1 1"},
		{2, []time.Duration{5, 20, 20, 20, 10, 40}, "5ns 20ns 1 0.5 2"},
		{8, []time.Duration{40, 40, 40, 40, 40, 40}, "40ns 40ns 0.75 0.25 1"},
		{2, []time.Duration{5, 5, 5}, "5ns 5ns 0.5 NaN NaN"},
	} {
		first := render.BenchSetting{Input: tensor.Shape{2, 3, 8, 8}}
		s := render.BenchSetting{Input: tensor.Shape{tt.batch, 3, 8, 8}}
		compareTimes(&s, tt.times, &first, firsts[:len(tt.times)])
		if got := fmt.Sprint(s.Min, s.Mid, s.Ratio, s.Low, s.High); got != tt.want {
			t.Errorf("%d images in %v: %s, want %s", tt.batch, tt.times, got, tt.want)
		}
	}
	still := render.BenchSetting{Input: tensor.Shape{1, 3, 8, 8}}
	compareTimes(&still, make([]time.Duration, 9), &still, make([]time.Duration, 9))
	if got := fmt.Sprint(still.Ratio, still.Low, still.High); got != "NaN NaN NaN" {
		t.Errorf("of no time: %s", got)
	}
}

// patience is done after it was asked a number of times.
type patience struct {
	context.Context
	left atomic.Int64
}

func (p *patience) Err() error {
	if p.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestCompareInterrupted wants nothing to be shown of a comparison that did not end.
func TestCompareInterrupted(t *testing.T) {
	dir := t.TempDir()
	for _, output := range []string{"", "out.json"} {
		var out, errOut strings.Builder
		f := newFactory(strings.NewReader(""), &out, &errOut)
		f.settings, f.dir = false, dir
		ctx := &patience{Context: t.Context()}
		ctx.left.Store(1000)
		args := []string{"bench", "20", "--compare", "exact", "--runs", "1000000", "--output", output}
		if code := run(ctx, f, args); code != exitInterrupted || out.Len() > 0 {
			t.Errorf("exit code %d, want %d: %s%s", code, exitInterrupted, out.String(), errOut.String())
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("%v, %v: want no file in %s", files, err, filepath.Base(dir))
		}
	}
}
