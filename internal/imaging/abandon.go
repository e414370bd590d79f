package imaging

// abandonable runs a decoder that cannot be interrupted, and leaves it behind where the context ends first.
func abandonable[T any](j *job, decode func() (T, error)) (T, error) {
	if j.ctx.Done() == nil {
		return decode()
	}
	var value T
	var err error
	done := make(chan struct{})
	j.left.Go(func() {
		defer close(done)
		defer recoverInternal(&err)
		value, err = decode()
	})
	select {
	case <-done:
		return value, err
	case <-j.ctx.Done():
		var none T
		return none, checkContext(j.ctx)
	}
}

// whenDone calls release once nothing uses the job's memory any more: a decoder that was left behind still does.
func (j *job) whenDone(release func()) {
	if j.ctx.Err() == nil {
		release()
		return
	}
	go func() {
		j.left.Wait()
		release()
	}()
}
