package batch

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func all(t *testing.T, from sortedInputs) (inputs []Input) {
	t.Helper()
	for {
		in, err := from.next()
		if errors.Is(err, io.EOF) {
			return inputs
		}
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, in)
	}
}

// TestSorter puts inputs in order that memory does not hold, each once.
func TestSorter(t *testing.T) {
	dir := t.TempDir()
	var want []Input
	for i := range 500 {
		want = append(want, Input{Name: strings.Repeat("x", i%7) + string(rune('a'+i%26)) + "/" + string(rune('A'+i/26)), Size: int64(i), Offset: -1})
	}
	slices.SortFunc(want, compareInputs)
	s := &sorter{dir: dir, limit: 2000}
	for _, in := range append(slices.Clone(want), want...) {
		if err := s.add(in); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.runs) < 10 {
		t.Errorf("%d runs", len(s.runs))
	}
	sorted, err := s.sorted()
	if err != nil {
		t.Fatal(err)
	}
	if got := all(t, sorted); !slices.Equal(got, want) {
		t.Errorf("%d inputs, want %d", len(got), len(want))
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

// TestOrder: names are in the order in which a walk finds them.
func TestOrder(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.jpg", "a/b.jpg", "a/b/c.jpg", "a b.jpg", "a-b/x.jpg", "B.jpg", "a/b-c.jpg", "é.jpg"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var want []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			want = append(want, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	slices.SortFunc(got, compareNames)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestInputLine(t *testing.T) {
	for _, in := range []Input{
		{"a.jpg", 1, 2, -1}, {"a\tb\n\"c\".jpg", 0, -5, 0}, {"bad \xff name", 1 << 40, 1 << 60, 512}, {"é", 1, 1, -1},
	} {
		line := string(in.appendTo(nil))
		got, err := parseInput(strings.TrimSuffix(line, "\n"))
		if err != nil || got != in || strings.Count(line, "\n") != 1 {
			t.Errorf("%+v became %q, %+v, %v", in, line, got, err)
		}
	}
	for _, line := range []string{"", "1\t2\t3", "1\t2\t-1\t\"\"", "x\t2\t-1\t\"a\"", "-1\t2\t-1\t\"a\"", "1\t2\t-2\t\"a\"", "1\t2\t-1\ta"} {
		if in, err := parseInput(line); err == nil {
			t.Errorf("%q is %+v", line, in)
		}
	}
}
