package imaging

import (
	"context"
	"image"
)

// withRows decodes the rows of a window for use, within the budget: what the codec and the caller (memory) need is
// reserved first, together with the file itself where it is not in memory yet.
func (s source) withRows(ctx context.Context, c Config, opts Options, memory int64, window image.Rectangle, use func(rows) error) (err error) {
	defer recoverInternal(&err)
	memory += c.memory
	if s.data == nil {
		memory += s.size
	}
	release, err := opts.Budget.acquire(ctx, memory)
	if err != nil {
		return err
	}
	j := &job{ctx: ctx, config: c, opts: opts, window: window}
	defer j.whenDone(release)

	if j.data, err = s.all(); err != nil {
		return ioError(err)
	}
	r, err := codecs[c.Format].open(j)
	if err != nil {
		return classify(err, c.Format, s.size)
	}
	if err := use(r); err != nil {
		return classify(err, c.Format, s.size)
	}
	return classify(r.finish(), c.Format, s.size)
}
