package timing

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// TestRounds wants every other round in reverse, the warming up uncounted, and each time with the way that took it.
func TestRounds(t *testing.T) {
	for _, tt := range []struct {
		ways, warmUps, rounds int
		order                 string
		times                 string
	}{
		{1, 2, 2, "AAAA", "[[2ns 3ns]]"},
		{2, 0, 4, "ABBAABBA", "[[0s 3ns 4ns 7ns] [1ns 2ns 5ns 6ns]]"},
		{2, 1, 2, "ABBAAB", "[[3ns 4ns] [2ns 5ns]]"},
		{3, 0, 2, "ABCCBA", "[[0s 5ns] [1ns 4ns] [2ns 3ns]]"},
	} {
		var order strings.Builder
		var ways []func() (time.Duration, error)
		for i := range tt.ways {
			ways = append(ways, func() (time.Duration, error) {
				order.WriteByte("ABC"[i])
				return time.Duration(order.Len() - 1), nil
			})
		}
		times, err := Rounds(tt.warmUps, tt.rounds, ways...)
		if order.String() != tt.order || fmt.Sprint(times) != tt.times || err != nil {
			t.Errorf("%d ways, %d + %d rounds: %s, %v, %v; want %s, %s", tt.ways, tt.warmUps, tt.rounds, order.String(), times, err, tt.order, tt.times)
		}
	}
}

// TestRoundsEnd wants nothing half, and no run after an error.
func TestRoundsEnd(t *testing.T) {
	wrong, runs := errors.New("wrong"), 0
	times, err := Rounds(1, 5, func() (time.Duration, error) {
		if runs++; runs == 3 {
			return 0, wrong
		}
		return 1, nil
	}, func() (time.Duration, error) { return 2, nil })
	if times != nil || err != wrong || runs != 3 {
		t.Errorf("%v, %v after %d runs; want no times and the error after 3", times, err, runs)
	}
}

func TestRatios(t *testing.T) {
	got := Ratios([]time.Duration{1, 3, 1, 0}, []time.Duration{2, 2, 0, 0})
	if got[0] != 0.5 || got[1] != 1.5 || !math.IsInf(got[2], 1) || !math.IsNaN(got[3]) {
		t.Errorf("%v", got)
	}
}

// TestMedianInterval compares with numpy.median and scipy.stats.quantile_test: testdata/reference.py.
func TestMedianInterval(t *testing.T) {
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Cases []struct {
			Values            []float64
			Median, Low, High float64
		}
		Outside map[int]int
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	for _, c := range reference.Cases {
		if got := Median(c.Values); math.Abs(got-c.Median) > 1e-12 {
			t.Errorf("%d values: median %g, want %g", len(c.Values), got, c.Median)
		}
		if low, high := MedianInterval(c.Values); low != c.Low || high != c.High {
			t.Errorf("%d values: %g to %g, want %g to %g", len(c.Values), low, high, c.Low, c.High)
		}
	}
	for n, want := range reference.Outside {
		if got := outside(n); got != want {
			t.Errorf("of %d values %d lie outside on either side, want %d", n, got, want)
		}
	}
	if len(reference.Cases) < 5 || heads(LeastRounds-1, 0) <= 0.025 || heads(LeastRounds, 0) > 0.025 {
		t.Errorf("%d cases; %d is not the least number of values", len(reference.Cases), LeastRounds)
	}
	if got := Median([]time.Duration{1, 2, 4, 9}); got != 3 {
		t.Errorf("median %v, want 3ns", got)
	}
}
