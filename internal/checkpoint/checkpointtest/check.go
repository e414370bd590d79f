package checkpointtest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"resnet/internal/checkpoint/format"
)

// A Opened is an opened checkpoint.
type Opened interface {
	Names() []string
	Stream(name string, w io.Writer) error
}

// ReadAll reads every tensor.
func ReadAll(r Opened) (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, name := range r.Names() {
		var b bytes.Buffer
		if err := r.Stream(name, &b); err != nil {
			return all, err
		}
		all[name] = b.Bytes()
	}
	return all, nil
}

// A Case is a file and what must happen when it is opened and all of it read.
type Case = struct {
	Name string
	File []byte
	Want string // a part of the error's text; empty: the file must be read
}

// An Opener is how a format opens a file.
type Opener func(r io.ReaderAt, size int64) (Opened, error)

// Run runs cases, each a subtest. All errors must be a *format.Error.
func Run(t *testing.T, open Opener, cases []Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			r, err := open(bytes.NewReader(c.File), int64(len(c.File)))
			if err == nil {
				_, err = ReadAll(r)
			}
			if c.Want == "" {
				if err != nil {
					t.Fatalf("must be read, but: %v", err)
				}
				return
			}
			if _, ok := errors.AsType[*format.Error](err); !ok {
				t.Fatalf("error is %v, want a *format.Error", err)
			}
			if !strings.Contains(err.Error(), c.Want) {
				t.Errorf("error is %q, want %q in it", err, c.Want)
			}
			if strings.ContainsAny(err.Error(), "\n\x00\x1b") {
				t.Errorf("the error %q is not one printable line", err)
			}
		})
	}
}
