package batch

import (
	"cmp"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
)

// Input is an image of a job, as it was when the job was planned.
type Input struct {
	Name   string // as shown; of a tar's member the tar's name is the folder
	Size   int64  // bytes
	Time   int64  // of the last change of the file, or of the tar that holds it, in nanoseconds since 1970; 0: unknown
	Offset int64  // in the tar that holds it; -1: it is a file of its own
}

// appendTo appends an input as a line: size, time, offset and name between tabs, the name in Go's quotes, so that it may have
// any bytes.
func (in Input) appendTo(line []byte) []byte {
	for _, n := range []int64{in.Size, in.Time, in.Offset} {
		line = append(strconv.AppendInt(line, n, 10), '\t')
	}
	return append(strconv.AppendQuote(line, in.Name), '\n')
}

var errInput = errors.New("is no line of an inventory")

// parseInput reads a line without its end.
func parseInput(line string) (in Input, err error) {
	for _, n := range []*int64{&in.Size, &in.Time, &in.Offset} {
		field, rest, ok := strings.Cut(line, "\t")
		if *n, err = strconv.ParseInt(field, 10, 64); err != nil || !ok {
			return in, errInput
		}
		line = rest
	}
	if in.Name, err = strconv.Unquote(line); err != nil || in.Name == "" || in.Size < 0 || in.Offset < -1 {
		return in, errInput
	}
	return in, nil
}

// compareInputs orders inputs as a walk of sorted directories finds them: a folder's images stand where the folder does,
// so "a/x.jpg" comes before "a.jpg".
func compareInputs(a, b Input) int {
	return cmp.Or(compareNames(a.Name, b.Name), cmp.Compare(a.Offset, b.Offset))
}

func compareNames(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		return cmp.Compare(rank(a[i]), rank(b[i]))
	}
	return cmp.Compare(len(a), len(b))
}

// rank has what separates folders before all other bytes.
func rank(c byte) int {
	if c == '/' || c == filepath.Separator {
		return -1
	}
	return int(c)
}
