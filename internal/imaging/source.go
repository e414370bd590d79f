package imaging

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"resnet/internal/number"
)

// source is a file that is read by need: the headers first, the rest once its size is known to fit.
type source struct {
	io.ReaderAt
	size int64
	data []byte // the whole of it, where it is in memory already
}

func bytesSource(data []byte) source {
	return source{ReaderAt: bytes.NewReader(data), size: int64(len(data)), data: data}
}

// read is the n bytes at an offset, io.ErrUnexpectedEOF where the file ends before; n is a constant or was checked.
func (s source) read(offset int64, n int) ([]byte, error) {
	if offset < 0 || offset > s.size-int64(n) {
		return nil, io.ErrUnexpectedEOF
	}
	if n == 0 {
		return nil, nil
	}
	if s.data != nil {
		return s.data[offset : offset+int64(n)], nil
	}
	b := make([]byte, n)
	_, err := s.ReadAt(b, offset)
	return b, err
}

// head is what Sniff looks at.
func (s source) head() ([]byte, error) {
	return s.read(0, int(min(sniffLength, s.size)))
}

// all is the whole file.
func (s source) all() ([]byte, error) {
	if s.data != nil {
		return s.data, nil
	}
	return s.read(0, int(s.size))
}

// openFile opens a file to be read by need. Pipes are read here at once, up to the limit; directories and sockets are
// refused. A pipe that nobody writes to does not block the opening.
func openFile(ctx context.Context, path string, limits Limits) (source, func(), error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return source{}, nil, ioError(err)
	}
	stat, err := f.Stat()
	if err != nil {
		f.Close()
		return source{}, nil, ioError(err)
	}
	switch {
	case stat.IsDir():
		f.Close()
		return source{}, nil, errorf(IO, "is a directory")
	case stat.Mode().IsRegular():
		if stat.Size() > limits.MaxBytes {
			f.Close()
			return source{}, nil, tooLong(limits)
		}
		return source{ReaderAt: f, size: stat.Size()}, func() { f.Close() }, nil
	}
	defer f.Close()
	data, err := ReadAll(ctx, f, limits)
	if len(data) == 0 && errors.Is(err, errEmpty) && stat.Mode()&fs.ModeNamedPipe != 0 {
		err = errorf(IO, "is a named pipe that nobody writes to")
	}
	return bytesSource(data), func() {}, err
}

// ReadAll reads a picture from a stream: a pipe, standard input, a request's body. It stops at once where the first bytes
// are of no picture, and at the limit of bytes; a reader with a deadline (a pipe, a connection) also with the context.
func ReadAll(ctx context.Context, r io.Reader, limits Limits) ([]byte, error) {
	limits = limits.orDefault()
	if d, ok := r.(interface{ SetReadDeadline(time.Time) error }); ok {
		stop := context.AfterFunc(ctx, func() {
			_ = d.SetReadDeadline(time.Now()) // where there can be none, the read ends when it ends
		})
		defer stop()
	}
	fail := func(err error) error {
		if ctx.Err() != nil {
			return checkContext(ctx)
		}
		return ioError(err)
	}
	head := make([]byte, sniffLength)
	n, err := io.ReadFull(r, head)
	head = head[:n]
	if err != nil && !isEOF(err) {
		return nil, fail(err)
	}
	if err := refuse(head, int64(n)); err != nil {
		return nil, err
	}
	rest, err := io.ReadAll(io.LimitReader(contextReader{ctx, r}, limits.MaxBytes-int64(n)+1))
	if err != nil {
		return nil, fail(err)
	}
	if int64(n+len(rest)) > limits.MaxBytes {
		return nil, tooLong(limits)
	}
	return append(head, rest...), nil
}

// contextReader ends with the context.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := checkContext(r.ctx); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

func tooLong(limits Limits) error {
	return errorf(TooLarge, "longer than the limit of %s bytes", number.Thousands(limits.MaxBytes))
}

// ioError drops the path that os errors carry: the caller names the file.
func ioError(err error) error {
	cause := err
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		cause = p.Err
	}
	return &Error{IO, fmt.Sprint(cause), err}
}

func le16(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }
func le32(b []byte) int { return int(binary.LittleEndian.Uint32(b)) }
func be16(b []byte) int { return int(binary.BigEndian.Uint16(b)) }
func be32(b []byte) int { return int(binary.BigEndian.Uint32(b)) }
