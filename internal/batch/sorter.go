package batch

import (
	"bufio"
	"bytes"
	"container/heap"
	"errors"
	"io"
	"os"
	"slices"
)

// sortedInputs are inputs in their order: next gives io.EOF after the last one.
type sortedInputs interface{ next() (Input, error) }

// sorter puts any number of inputs in order: what is too much for memory goes to temporary files, which are merged.
type sorter struct {
	dir   string
	limit int // bytes in memory

	chunk []Input
	bytes int
	runs  []*os.File
}

// sortMemory is about what the inputs of a chunk take, with their names.
const sortMemory = 64 << 20

// inputBytes is what an input takes beside its name.
const inputBytes = 64

func (s *sorter) add(in Input) error {
	s.chunk = append(s.chunk, in)
	s.bytes += inputBytes + len(in.Name)
	if s.bytes < s.limit {
		return nil
	}
	return s.spill()
}

// spill writes the inputs in memory to a file of their own.
func (s *sorter) spill() error {
	slices.SortFunc(s.chunk, compareInputs)
	run, err := os.CreateTemp(s.dir, ".sort-*")
	if err != nil {
		return err
	}
	s.runs = append(s.runs, run)
	w := bufio.NewWriter(run)
	var line []byte
	for _, in := range s.chunk {
		line = in.appendTo(line[:0])
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	clear(s.chunk)
	s.chunk, s.bytes = s.chunk[:0], 0
	return w.Flush()
}

// sorted gives all inputs in order, each once.
func (s *sorter) sorted() (sortedInputs, error) {
	slices.SortFunc(s.chunk, compareInputs)
	all := []sortedInputs{&chunk{s.chunk}}
	for _, run := range s.runs {
		if _, err := run.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		all = append(all, newLines(run))
	}
	merged, err := merge(all)
	if err != nil {
		return nil, err
	}
	return once{newCursor(merged)}, nil
}

// close removes the temporary files.
func (s *sorter) close() error {
	var errs []error
	for _, run := range s.runs {
		errs = append(errs, run.Close(), os.Remove(run.Name()))
	}
	return errors.Join(errs...)
}

// chunk is sorted inputs in memory.
type chunk struct{ left []Input }

func (c *chunk) next() (Input, error) {
	if len(c.left) == 0 {
		return Input{}, io.EOF
	}
	in := c.left[0]
	c.left = c.left[1:]
	return in, nil
}

// lines is sorted inputs in a file.
type lines struct{ s *bufio.Scanner }

// maxLine bounds a line of an inventory: names are of some thousand bytes at most.
const maxLine = 1 << 20

func newLines(r io.Reader) *lines {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), maxLine)
	s.Split(wholeLines)
	return &lines{s}
}

// wholeLines is bufio.ScanLines for a text whose last line has an end too, and whose lines may end in \r.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

func (l *lines) next() (Input, error) {
	if !l.s.Scan() {
		if err := l.s.Err(); err != nil {
			return Input{}, err
		}
		return Input{}, io.EOF
	}
	return parseInput(l.s.Text())
}

// once gives of several inputs of one name the last, as it is with those of a tar.
type once struct{ *cursor }

func (o once) next() (Input, error) {
	for o.err == nil {
		last := o.Input
		if o.step(); o.err != nil || o.Name != last.Name {
			return last, nil
		}
	}
	return Input{}, o.err
}

// merge gives the inputs of several as one, in order.
func merge(all []sortedInputs) (sortedInputs, error) {
	m := &merged{}
	for _, from := range all {
		in, err := from.next()
		if err == io.EOF {
			continue
		}
		if err != nil {
			return nil, err
		}
		m.heads = append(m.heads, head{in, from})
	}
	heap.Init(m)
	return m, nil
}

// merged is a heap of what comes next of each.
type merged struct{ heads []head }

type head struct {
	Input
	from sortedInputs
}

func (m *merged) Len() int           { return len(m.heads) }
func (m *merged) Less(i, j int) bool { return compareInputs(m.heads[i].Input, m.heads[j].Input) < 0 }
func (m *merged) Swap(i, j int)      { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }
func (m *merged) Push(x any)         { m.heads = append(m.heads, x.(head)) }
func (m *merged) Pop() any {
	last := len(m.heads) - 1
	x := m.heads[last]
	m.heads = m.heads[:last]
	return x
}

func (m *merged) next() (Input, error) {
	if len(m.heads) == 0 {
		return Input{}, io.EOF
	}
	first := m.heads[0]
	following, err := first.from.next()
	switch {
	case err == io.EOF:
		heap.Pop(m)
	case err != nil:
		return Input{}, err
	default:
		m.heads[0].Input = following
		heap.Fix(m, 0)
	}
	return first.Input, nil
}
