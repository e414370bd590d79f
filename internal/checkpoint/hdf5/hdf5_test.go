package hdf5

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/checkpoint/format"
	"resnet/internal/tensor"
)

// expected is what h5py reads (testdata/make_fixtures.py).
type expected struct {
	Read map[string]struct {
		Groups   map[string]map[string][]string
		Datasets map[string]struct {
			DType  tensor.DType
			Shape  tensor.Shape
			SHA256 string
		}
	}
	Refused map[string]string
}

func fixtures(t testing.TB) expected {
	t.Helper()
	text, err := os.ReadFile("testdata/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var e expected
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func open(file []byte) (*File, error) { return Open(bytes.NewReader(file), int64(len(file))) }

// all lists the groups and datasets at and below g.
func all(g *Group) ([]*Group, []*Dataset) {
	groups, datasets := []*Group{g}, slices.Clone(g.Datasets)
	for _, child := range g.Groups {
		more, sets := all(child)
		groups, datasets = append(groups, more...), append(datasets, sets...)
	}
	return groups, datasets
}

func TestReadsWhatH5pyReads(t *testing.T) {
	for name, want := range fixtures(t).Read {
		t.Run(name, func(t *testing.T) {
			f, err := open(fixture(t, name))
			if err != nil {
				t.Fatal(err)
			}
			groups, datasets := all(f.Root)
			for _, g := range groups {
				if texts, ok := want.Groups[g.Path]; !ok || !maps.EqualFunc(g.Attrs, texts, slices.Equal) {
					t.Errorf("group %s has the texts %q, want %q", g.Path, g.Attrs, texts)
				}
			}
			for _, d := range datasets {
				w, ok := want.Datasets[d.Path]
				var data bytes.Buffer
				if err := f.Stream(d, &data); err != nil {
					t.Error(err)
				}
				if !ok || d.Info.DType != w.DType || !d.Info.Shape.Equal(w.Shape) || digest(data.Bytes()) != w.SHA256 {
					t.Errorf("%s is %v, %d bytes; want %s %v", d.Path, d.Info, data.Len(), w.DType, w.Shape)
				}
			}
			if len(groups) != len(want.Groups) || len(datasets) != len(want.Datasets) {
				t.Errorf("%d groups, %d datasets; want %d, %d", len(groups), len(datasets), len(want.Groups), len(want.Datasets))
			}
		})
	}
}

// readAll opens a file and reads its datasets.
func readAll(file []byte) error {
	f, err := open(file)
	if err != nil {
		return err
	}
	_, datasets := all(f.Root)
	for _, d := range datasets {
		err = errors.Join(err, f.Stream(d, io.Discard))
	}
	return err
}

func TestRefuses(t *testing.T) {
	cases := map[string][]byte{}
	want := fixtures(t).Refused
	for name := range want {
		cases[name] = fixture(t, name)
	}
	add := func(name, reason string, file []byte) { cases[name], want[name] = file, reason }
	plain, chunked := fixture(t, "plain.h5"), fixture(t, "chunked.h5")
	add("empty", "does not begin", nil)
	add("half", "truncated download?", plain[:len(plain)/2])
	add("a byte short", "truncated download?", plain[:len(plain)-1])
	add("superblock 9", "version 9", replace(plain, 8, 9))
	add("offsets of 4 bytes", "offsets of 4", replace(plain, 13, 4))
	add("a tree in a group's place", "", replaceAll(plain, "SNOD", "TREE"))
	add("no heaps", "no heap of names", replaceAll(plain, "HEAP", "PAEH"))
	add("no texts", "no heap of texts", replaceAll(plain, "GCOL", "LOCG"))
	add("damaged chunk", "damaged", flipLast(chunked, []byte{0x78, 0x5e}))
	for name, file := range cases {
		err := readAll(file)
		broken, ok := errors.AsType[*format.Error](err)
		if !ok || !strings.Contains(err.Error(), want[name]) {
			t.Errorf("%s: error is %v, want a *format.Error with %q", name, err, want[name])
		} else if strings.Contains(broken.Error(), "\n") {
			t.Errorf("%s: %q is not one line", name, err)
		}
	}
}

func replace(file []byte, at int, b byte) []byte {
	file = slices.Clone(file)
	file[at] = b
	return file
}

func replaceAll(file []byte, old, new string) []byte {
	return bytes.ReplaceAll(file, []byte(old), []byte(new))
}

// flipLast changes a byte behind the last place where head stands.
func flipLast(file, head []byte) []byte {
	at := bytes.LastIndex(file, head)
	return replace(file, at+8, file[at+8]^0xff)
}

// TestDamageIsNoPanic flips every byte of every fixture's first KiB, one at a time.
func TestDamageIsNoPanic(t *testing.T) {
	for _, name := range []string{"plain.h5", "headers2.h5", "ordered.h5", "chunked.h5", "compact.h5"} {
		file := fixture(t, name)
		for at := range min(len(file), 1<<10) {
			err := readAll(replace(file, at, file[at]^0xff))
			if _, ok := errors.AsType[*format.Error](err); err != nil && !ok {
				t.Errorf("%s, byte %d: %v is a %T", name, at, err, err)
			}
		}
	}
}
