package render

import (
	"strings"
	"time"

	"resnet/internal/hooks"
	"resnet/internal/tensor"
)

// TraceSchema is the version of the contract that docs/schema/trace.v1.json describes.
const TraceSchema = "resnet.trace/v1"

// jsonEvent is an entry of "layers": what a class does not have is absent.
type jsonEvent struct {
	Index      int            `json:"index"`
	Path       string         `json:"path"`
	Class      string         `json:"class"`
	Functional bool           `json:"functional,omitempty"`
	Kernel     []int          `json:"kernel,omitempty"`
	Stride     []int          `json:"stride,omitempty"`
	Padding    []int          `json:"padding,omitempty"`
	Dilation   []int          `json:"dilation,omitempty"`
	Groups     int            `json:"groups,omitempty"`
	Input      []tensor.Shape `json:"input"`
	Output     tensor.Shape   `json:"output"`
	Params     int64          `json:"params"`
	MACs       int64          `json:"macs,omitempty"`
	Shortcut   string         `json:"shortcut,omitempty"`
	TimeMS     *float64       `json:"time_ms,omitempty"`
	Stats      *jsonStats     `json:"stats,omitempty"`
}

// jsonSums are those of a network.
type jsonSums struct {
	Params    int64 `json:"params"`
	Trainable int64 `json:"trainable"`
	MACs      int64 `json:"macs"`
}

// jsonStats are an event's statistics; what is not finite is null.
type jsonStats struct {
	Mean  *float64 `json:"mean"`
	Std   *float64 `json:"std"`
	Min   *float64 `json:"min"`
	Max   *float64 `json:"max"`
	Zeros *float64 `json:"zeros"`
	NaN   int64    `json:"nan"`
	Inf   int64    `json:"inf"`
}

// Data is the contract resnet.trace/v1: an entry an event.
func (t *Trace) Data() Data {
	data := Data{
		Head: []Field{{"schema", TraceSchema}, {"arch", t.Spec.Name}, {"input", t.Input}},
		List: "layers",
		Tail: []Field{{"totals", jsonSums{t.params(), t.params(), t.macs()}}},
	}
	values := false
	for _, e := range t.Events() {
		data.Items = append(data.Items, newJSONEvent(e))
		values = values || e.Stats != nil
	}
	if values {
		data.Head = append(data.Head, Field{"weights", strings.TrimPrefix(t.Weights, "weights ")}, Field{"source", t.Source})
	}
	if t.Answer != nil {
		answers := make([]jsonAnswer, len(t.Answer))
		for i, p := range t.Answer {
			answers[i] = jsonAnswer{p.Index, p.Label, finite(p.Probability)}
		}
		data.Tail = append(data.Tail, Field{"answer", answers})
	}
	return data
}

// jsonAnswer is a class that the network says a photo is of.
type jsonAnswer struct {
	Index       int      `json:"index"`
	Label       string   `json:"label"`
	Probability *float64 `json:"probability"`
}

func newJSONEvent(e hooks.Record) jsonEvent {
	j := jsonEvent{
		Index: e.Index, Path: e.Path, Class: e.Class, Functional: e.Functional,
		Kernel: e.Kernel, Stride: e.Stride, Padding: e.Padding, Dilation: e.Dilation, Groups: e.Groups,
		Input: e.Inputs, Output: e.Output, Params: e.Params, MACs: e.MACs, Shortcut: e.Shortcut,
	}
	if e.Time != nil {
		ms := float64(*e.Time) / float64(time.Millisecond)
		j.TimeMS = &ms
	}
	if s := e.Stats; s != nil {
		j.Stats = &jsonStats{finite(s.Mean), finite(s.Std), finite(s.Min), finite(s.Max), finite(s.Zeros), s.NaN, s.Inf}
	}
	return j
}
