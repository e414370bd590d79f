package torchfile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf8"

	"resnet/internal/checkpoint/format"
)

// A source reads a pickle byte by byte and knows where in the file it is.
type source struct {
	r      *bufio.Reader
	pos    int64
	format string // for errors
	buf    [16]byte
}

func newSource(r io.Reader, pos int64, format string) *source {
	return &source{r: bufio.NewReaderSize(r, 16<<10), pos: pos, format: format}
}

func (s *source) fail(rule string, args ...any) error {
	return format.Errorf(s.format, s.pos, rule, args...)
}

func (s *source) truncated(err error) error {
	return format.Truncated(err, s.format, s.pos, "the pickle")
}

func (s *source) byte() (byte, error) {
	b, err := s.r.ReadByte()
	if err != nil {
		return 0, s.truncated(err)
	}
	s.pos++
	return b, nil
}

// bytes reads n ≤ 16 bytes, valid until the next call.
func (s *source) bytes(n int) ([]byte, error) {
	b := s.buf[:n]
	read, err := io.ReadFull(s.r, b)
	s.pos += int64(read)
	if err != nil {
		return nil, s.truncated(err)
	}
	return b, nil
}

func (s *source) uint32() (uint32, error) {
	b, err := s.bytes(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

// text reads n bytes of UTF-8. It allocates as the bytes come, not as n says.
func (s *source) text(n int64) (string, error) {
	if n > int64(s.r.Size()) {
		return s.longText(n)
	}
	b, err := s.r.Peek(int(n))
	if err != nil {
		return "", s.truncated(err)
	}
	if !utf8.Valid(b) {
		return "", s.fail("a string is not valid UTF-8")
	}
	text := string(b)
	s.pos += n
	_, err = s.r.Discard(int(n))
	return text, err
}

func (s *source) longText(n int64) (string, error) {
	var text bytes.Buffer
	read, err := io.CopyN(&text, s.r, n)
	s.pos += read
	if err != nil {
		return "", s.truncated(err)
	}
	if !utf8.Valid(text.Bytes()) {
		return "", s.fail("a string is not valid UTF-8")
	}
	return text.String(), nil
}

// maxLine bounds the module and the name of a global.
const maxLine = 256

// line reads up to a newline, which it drops.
func (s *source) line() (string, error) {
	var line []byte
	for {
		b, err := s.byte()
		if err != nil {
			return "", err
		}
		if b == '\n' {
			break
		}
		if len(line) == maxLine {
			return "", s.fail("the name of a global is longer than %d bytes", maxLine)
		}
		line = append(line, b)
	}
	if !utf8.Valid(line) {
		return "", s.fail("the name of a global is not valid UTF-8")
	}
	return string(line), nil
}
