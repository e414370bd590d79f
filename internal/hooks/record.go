package hooks

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"resnet/internal/graph"
)

// Record is what is kept of one event: what is known of the call, and what was measured.
type Record struct {
	graph.Layer
	Time      *time.Duration // nil: not timed, or the time stands at FusedInto
	FusedInto string         // the path of the layer that this one was computed with; "" where it was not
	Stats     *Stats         // nil: nobody watched the values
}

// Records are the records of a pass that computes nothing.
func Records(layers []graph.Layer) []Record {
	records := make([]Record, len(layers))
	for i, l := range layers {
		records[i] = Record{Layer: l}
	}
	return records
}

// Recorder is a hook that keeps a Record of each event; those of a later pass replace those of an earlier one. Its Timer
// and Statistics add to the same records, wherever they are registered. It is for one session at a time.
type Recorder struct{ records map[int]*Record }

// NewRecorder makes an empty recorder.
func NewRecorder() *Recorder { return &Recorder{records: map[int]*Record{}} }

// Needs is Facts.
func (r *Recorder) Needs() Needs { return Facts }

// After keeps the event's record.
func (r *Recorder) After(e Event) error {
	r.record(e)
	return nil
}

// Records are those of the last pass, in the order of the events.
func (r *Recorder) Records() []Record {
	records := make([]Record, 0, len(r.records))
	for _, record := range slices.SortedFunc(maps.Values(r.records), func(a, b *Record) int { return cmp.Compare(a.Index, b.Index) }) {
		records = append(records, *record)
	}
	return records
}

func (r *Recorder) record(e Event) *Record {
	record := r.records[e.Index]
	if record == nil {
		record = &Record{}
		r.records[e.Index] = record
	}
	record.Layer = e.Layer
	return record
}
