package hooks

// Timer is a hook that adds the time to the records. It changes nothing of what runs: layers that are computed in one go
// have one time, which stands on the first of them.
func (r *Recorder) Timer() Hook {
	return Func(Time, func(e Event) error {
		record := r.record(e)
		record.FusedInto = e.FusedInto
		record.Time = nil
		if e.FusedInto == "" {
			t := e.Time
			record.Time = &t
		}
		return nil
	})
}
