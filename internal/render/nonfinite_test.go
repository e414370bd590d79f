package render_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"resnet/internal/evaluate"
	"resnet/internal/labels"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

// set gives each float that can be reached from v a value, and each duration one; it tells how many floats there were.
func set(v reflect.Value, to float64, elapsed time.Duration) int {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return set(v.Elem(), to, elapsed)
		}
	case reflect.Struct:
		n := 0
		for i := range v.NumField() {
			n += set(v.Field(i), to, elapsed)
		}
		return n
	case reflect.Slice, reflect.Array:
		n := 0
		for i := range v.Len() {
			n += set(v.Index(i), to, elapsed)
		}
		return n
	case reflect.Float32, reflect.Float64:
		if v.CanSet() {
			v.SetFloat(to)
			return 1
		}
	case reflect.Int64:
		if v.CanSet() && v.Type() == reflect.TypeFor[time.Duration]() {
			v.SetInt(int64(elapsed))
		}
	}
	return 0
}

func bench() *render.Bench {
	return &render.Bench{
		Arch: "resnet18", Input: tensor.Shape{2, 3, 64, 64}, Weights: "random", Threads: 2, Runs: 3, Kernel: "avx2", Precision: "float32", MACs: 1e9,
		Min: time.Millisecond, Mid: time.Millisecond, P95: time.Millisecond, Peak: 50,
		Layers: []render.BenchLayer{{Paths: []string{"conv1"}, Time: time.Millisecond, MACs: 1e9, Bytes: 100}, {}},
	}
}

// benchComparison has a setting of each verdict.
func benchComparison() *render.BenchComparison {
	input := tensor.Shape{1, 3, 224, 224}
	setting := func(name string, threads int, ms int, ratio, low, high float64) render.BenchSetting {
		d := time.Duration(ms) * time.Millisecond
		return render.BenchSetting{Name: name, Input: input, Threads: threads, Kernel: "avx2", Precision: "float32", Min: d - d/16, Mid: d, Ratio: ratio, Low: low, High: high}
	}
	return &render.BenchComparison{Arch: "resnet50", Weights: "random weights, seed 0", Runs: 20, Settings: []render.BenchSetting{
		setting("threads=1", 1, 64, 1, 1, 1), setting("threads=2", 2, 40, 0.625, 0.61, 0.6421), setting("threads=1", 1, 64, 1.003, 0.98, 1.02), setting("threads=3", 3, 80, 1.25, 1.1, 1.375),
	}}
}

// benchFew has too few runs for an interval, of settings that differ in all.
func benchFew() *render.BenchComparison {
	return &render.BenchComparison{Arch: "resnet18", Weights: "weights q.safetensors", Runs: 5, Settings: []render.BenchSetting{
		{Name: "float32", Input: tensor.Shape{1, 3, 64, 64}, Threads: 1, Kernel: "avx2", Precision: "float32", Exact: true, Min: time.Millisecond, Mid: 2 * time.Millisecond},
		{Name: "int8", Input: tensor.Shape{8, 3, 64, 64}, Threads: 2, Kernel: "avx512vnni", Precision: "int8", Min: time.Millisecond, Mid: 4 * time.Millisecond,
			Ratio: 0.25, Low: math.NaN(), High: math.NaN()},
		{Name: "too fast", Input: tensor.Shape{8, 3, 64, 64}, Threads: 2, Kernel: "generic", Precision: "int8", Ratio: math.NaN(), Low: math.NaN(), High: math.NaN()},
	}}
}

func evaluation(p float64) *render.Evaluation {
	s := evaluate.New(6)
	for label := range 3 {
		s.Add("f", label, []float64{p, 0, 0, p, 0, 0}, []int{0, 1, 2, 3, 4, 5})
	}
	return &render.Evaluation{Net: "net", Size: [2]int{64, 64}, Labels: nil, Scores: s}
}

// TestNotNumbers: every view takes NaN, infinities and very large numbers in place of any that it shows, and a clock that saw
// no time pass; JSON has null for them, as its schema says.
func TestNotNumbers(t *testing.T) {
	schemas := schemas(t)
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64} {
		all := views(t)
		all["bench"], all["bench-whole"] = bench(), bench()
		all["bench-whole"].(*render.Bench).Layers = nil
		all["evaluation"] = evaluation(value)
		delete(all, "weights") // what its manifest says was published, no measurement
		for name, v := range all {
			n := set(reflect.ValueOf(v), value, 0)
			if strings.HasPrefix(name, "anatomy") && n == 0 {
				t.Fatalf("%s: no number was changed", name)
			}
			for _, format := range render.Formats(v) {
				var out strings.Builder
				if err := render.Write(&out, v, format, render.Look{Width: 80, Unicode: true}); err != nil {
					t.Errorf("%s as %s, %v: %v", name, format, value, err)
					continue
				}
				if format != "json" {
					continue
				}
				o := object(t, out.String())
				if schema := schemas[o["schema"].(string)]; schema != nil && math.Abs(value) != math.MaxFloat64 && name != "diff-values" && name != "diff-all" { // whose tolerance is the user's
					if err := schema.Validate(o); err != nil {
						t.Errorf("%s, %v: %v", name, value, err)
					}
				}
			}
			if strings.HasPrefix(name, "bench") && strings.Contains(write(t, v, "table", wide), "Inf") {
				t.Errorf("%s, %v: %s", name, value, write(t, v, "table", wide))
			}
		}
	}
}

// TestNotNumbersClassified: so do classifications, as they come.
func TestNotNumbersClassified(t *testing.T) {
	for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 7} {
		for _, format := range render.ClassifyFormats() {
			for _, many := range []bool{false, true} {
				for _, look := range []render.Look{{Width: 80, Unicode: true, Color: true}, {Width: 80}} {
					var out strings.Builder
					head := render.ClassifyHead{Net: "net", Many: many, SHA256: func() (string, error) { return "", nil }}
					w, err := render.NewClassifyWriter(&out, format, head, look)
					if err != nil {
						t.Fatal(err)
					}
					p := labels.Prediction{Label: "cat", Probability: value, Logit: float32(value)}
					if err := w.Result(render.Classified{File: "a.png", Predictions: []labels.Prediction{p, p}}); err != nil {
						t.Errorf("%s, %v: %v", format, value, err)
					}
					if err := w.Close(); err != nil {
						t.Errorf("%s, %v: %v", format, value, err)
					}
					if format == "json" && !json.Valid([]byte(out.String())) || !strings.Contains(out.String(), "cat") {
						t.Errorf("%s, %v: %s", format, value, out.String())
					}
				}
			}
		}
	}
}
