package imaging

import (
	"context"
	"image"
)

// Decode reads a whole picture from memory: Pillow's convert("RGB"), and the orientation applied.
func Decode(ctx context.Context, data []byte, opts Options) (*Image, error) {
	return bytesSource(data).decode(ctx, opts)
}

// DecodeFile is Decode for a file.
func DecodeFile(ctx context.Context, path string, opts Options) (*Image, error) {
	s, done, err := openFile(ctx, path, opts.Limits.orDefault())
	if err != nil {
		return nil, err
	}
	defer done()
	return s.decode(ctx, opts)
}

func (s source) decode(ctx context.Context, opts Options) (*Image, error) {
	c, err := s.config(opts)
	if err != nil {
		return nil, err
	}
	memory := 3 * pixels(c.Width, c.Height)
	if c.Orientation != 1 {
		memory *= 2
	}
	var im *Image
	err = s.withRows(ctx, c, opts, memory, image.Rect(0, 0, c.Width, c.Height), func(r rows) error {
		im = NewImage(c.Width, c.Height)
		for y := range c.Height {
			if err := r.row(im.Row(y), y); err != nil {
				return err
			}
			if err := checkContext(ctx); y%64 == 0 && err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return orient(im, c.Orientation), nil
}

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
