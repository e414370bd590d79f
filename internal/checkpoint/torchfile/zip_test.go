package torchfile

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
)

// change edits one entry of a file that is otherwise right.
func change(name string, edit func(*ZipEntry)) []byte {
	z := good()
	for i := range z.Entries {
		if z.Entries[i].Name == "archive/"+name {
			edit(&z.Entries[i])
		}
	}
	return z.Bytes()
}

func with(edit func(*Zip)) []byte {
	z := good()
	edit(&z)
	return z.Bytes()
}

func put16(at int, v uint16) func([]byte) {
	return func(b []byte) { binary.LittleEndian.PutUint16(b[at:], v) }
}

func put32(at int, v uint32) func([]byte) {
	return func(b []byte) { binary.LittleEndian.PutUint32(b[at:], v) }
}

func central(name string, patch func([]byte)) []byte {
	return change(name, func(e *ZipEntry) { e.Central = patch })
}

func local(name string, patch func([]byte)) []byte {
	return change(name, func(e *ZipEntry) { e.Local = patch })
}

func entry(name, data string) func(*Zip) {
	return func(z *Zip) { z.Entries = append(z.Entries, ZipEntry{Name: name, Data: []byte(data)}) }
}

func flip(file []byte, needle []byte) []byte {
	i := bytes.Index(file, needle)
	file[i] ^= 0x10
	return file
}

func TestZipContainer(t *testing.T) {
	zero := 0
	encrypt := func(b []byte) { b[8] |= 1 }
	cases := []Case{
		{"right", good().Bytes(), ""},
		{"wrong checksum of a tensor", central("data/0", put32(16, 0xbad)), `entry "archive/data/0" is damaged`},
		{"wrong checksum of the pickle", central("data.pkl", put32(16, 0xbad)), `entry "archive/data.pkl" is damaged`},
		{"no checksums", with(func(z *Zip) { z.NoCRC = true }), ""},
		{"flipped bit in a tensor", flip(good().Bytes(), Floats(1, 2, 3)), `entry "archive/data/0" is damaged`},
		{"flipped bit in the pickle", flip(good().Bytes(), []byte("FloatStorage")), `entry "archive/data.pkl" is damaged`},
		{"encrypted", central("data/0", encrypt), "is encrypted"},
		{"encrypted says its own header", local("data/0", func(b []byte) { b[6] |= 1 }), "disagree on the flags"},
		{"masked header", central("data/0", func(b []byte) { b[9] |= 0x20 }), "unknown flags"},
		{"other name in its own header", local("data/0", func(b []byte) { b[38] ^= 1 }), "disagree on the name"},
		{"longer name in its own header", local("data/0", func(b []byte) { b[26]++ }), "disagree on the name"},
		{"other size in its own header", local("data/0", put32(22, 11)), "disagree on the size"},
		{"other packed size in its own header", local("data/0", put32(18, 11)), "disagree on the size"},
		{"other checksum in its own header", local("data/0", put32(14, 7)), "disagree on the checksum"},
		{"other method in its own header", local("data/0", put16(8, 8)), "disagree on the method"},
		{"no header where the directory says", local("data/0", func(b []byte) { b[0] = 'Q' }), "does not begin here"},
		{"unknown method", central("data/0", put16(10, 12)), "method 12"},
		{"stored in fewer bytes", central("data/0", put32(20, 11)), "is stored, but"},
		{"two entries of a name", with(entry("archive/data/0", "x")), "two entries have the name"},
		{"packed", with(packAll), ""},
		{"packed zeros beyond the ratio", bomb(16<<10, 4<<20, 0), "more than 100 to one"},
		{"packed more than declared", bomb(16<<10, 4<<20, 64<<10), "unpacks to more than"},
		{"packed data broken", brokenDeflate(), "is damaged"},
		{"overlapping entries", change("data/1", func(e *ZipEntry) { e.At = &zero }), "overlaps"},
		{"extra field over the next entry", local("data/0", put16(28, 300)), "overlaps"},
		{"64 bytes before", append(make([]byte, 64), good().Bytes()...), "central directory"},
		{"64 bytes before, offsets adapted", shifted(64), "64 bytes stand before"},
		{"bytes after", append(good().Bytes(), "junk"...), "bytes follow the end"},
		{"a comment", with(func(z *Zip) { z.Comment = "hello" }), ""},
		{"comment shorter than it says", with(func(z *Zip) { z.End = put16(20, 5) }), "its comment has 5"},
		{"comment longer than it says", with(func(z *Zip) { z.Comment = "hello"; z.End = put16(20, 2) }), "its comment has 2"},
		{"cut in half", good().Bytes()[:len(good().Bytes())/2], "truncated download?"},
		{"cut in the end record", good().Bytes()[:len(good().Bytes())-3], "truncated download?"},
		{"only the first bytes", []byte("PK\x03\x04"), "truncated download?"},
		{"several parts", with(func(z *Zip) { z.End = put16(4, 1) }), "one of several parts"},
		{"entry in another part", central("data/0", put16(34, 1)), "another part"},
		{"directory elsewhere", with(func(z *Zip) { z.End = put32(16, 5) }), "does not end where"},
		{"directory past the file", with(func(z *Zip) { z.End = put32(16, 1<<31) }), "does not end where"},
		{"fewer entries than counted", with(func(z *Zip) { z.End = func(b []byte) { b[8]++; b[10]++ } }), "central directory"},
		{"more entries than counted", with(func(z *Zip) { z.End = func(b []byte) { b[8]--; b[10]-- } }), "more than its"},
		{"no entry in the directory", central("data/0", func(b []byte) { b[0] = 'Q' }), "something that is no entry"},
		{"zip64", with(func(z *Zip) { z.Zip64 = true }), ""},
		{"zip64 record past the file", zip64(nil, func(l []byte) { l[15] = 0x7f }), "past its locator"},
		{"zip64 record before the file", zip64(nil, func(l []byte) { l[15] = 0xff }), "past its locator"},
		{"zip64 record elsewhere", zip64(nil, func(l []byte) { l[8]-- }), "no zip64 record"},
		{"zip64 offset past the file", zip64(func(r []byte) { r[54] = 1 }, nil), "does not end where"},
		{"zip64 offset negative", zip64(func(r []byte) { r[55] = 0xff }, nil), "does not end where"},
		{"zip64 count of entries", zip64(func(r []byte) { r[30], r[38] = 1, 1 }, nil), "entries; a checkpoint"},
		{"size of 64 bits missing", central("data/0", put32(24, 0xffffffff)), "64 bits is missing"},
		{"offset of 64 bits missing", central("data/0", put32(42, 0xffffffff)), "64 bits is missing"},
		{"offset past the file", central("data/0", put32(42, 1<<30)), "overlaps"},
		{"many entries", manyEntries(maxEntries + 1), "entries; a checkpoint"},
		{"name leaves the archive", with(entry("../x", "")), "not a plain relative path"},
		{"name leaves the archive below", with(entry("archive/../../x", "")), "not a plain relative path"},
		{"name is absolute", with(entry("/x", "")), "not a plain relative path"},
		{"name with a backslash", with(entry(`archive\x`, "")), "not a plain relative path"},
		{"name with NUL", with(entry("archive/x\x00y", "")), "not a plain relative path"},
		{"name is not UTF-8", with(entry("archive/\xff", "")), "not a plain relative path"},
		{"name is empty", with(entry("", "")), "not a plain relative path"},
		{"name is very long", with(entry(strings.Repeat("x", 600), "")), "name has 600 bytes"},
		{"a directory entry", with(entry("archive/extra/", "")), ""},
		{"two pickles named data.pkl", with(entry("other/data.pkl", "x")), "2 entries are a data.pkl"},
		{"a hidden pickle", with(entry("archive/hidden.pkl", "x")), ""},
		{"a file of another root", with(entry("other/x.pkl", "x")), ""},
		{"first entry of another root", with(func(z *Zip) {
			z.Entries = append([]ZipEntry{{Name: "other/x"}}, z.Entries...)
		}), "the first entry"},
		{"no data.pkl", with(func(z *Zip) { z.Entries = z.Entries[1:] }), "no data.pkl"},
		{"empty zip", Zip{}.Bytes(), "no data.pkl"},
		{"data.pkl in the root", Zip{Entries: []ZipEntry{{Name: "data.pkl"}}}.Bytes(), "no data.pkl"},
		{"unknown byte order", change("byteorder", func(e *ZipEntry) { e.Data = []byte("middle") }), `byte order is "middle"`},
		{"no byte order", with(func(z *Zip) { z.Entries = slices.Delete(z.Entries, 1, 2) }), ""},
		{"version 0", change("version", func(e *ZipEntry) { e.Data = []byte("0\n") }), "version"},
		{"version 11", change("version", func(e *ZipEntry) { e.Data = []byte("11\n") }), "version"},
		{"version no number", change("version", func(e *ZipEntry) { e.Data = []byte("three") }), "version"},
		{"version very long", change("version", func(e *ZipEntry) { e.Data = make([]byte, 1000) }), "has 1000 bytes"},
		{"no version", with(func(z *Zip) { z.Entries = z.Entries[:len(z.Entries)-1] }), "version"},
		{"storage missing", change("data/0", func(e *ZipEntry) { e.Name = "archive/data/9" }), `there is no entry "archive/data/0"`},
		{"storage short", change("data/0", func(e *ZipEntry) { e.Data = e.Data[:8] }), "has 8 bytes, 3 of float32 take 12"},
		{"storage long", change("data/0", func(e *ZipEntry) { e.Data = make([]byte, 16) }), "has 16 bytes, 3 of float32 take 12"},
		{"TorchScript", with(entry("archive/constants.pkl", "")), "TorchScript"},
		{"TorchScript code", with(entry("archive/code/__torch__.py", "")), "TorchScript"},
	}
	Run(t, openZip, cases)
}

func packAll(z *Zip) {
	for i := range z.Entries {
		z.Entries[i].Deflate = true
	}
}

func zip64(record, locator func([]byte)) []byte {
	return with(func(z *Zip) {
		z.Zip64 = true
		z.End64 = func(r, l []byte) {
			if record != nil {
				record(r)
			}
			if locator != nil {
				locator(l)
			}
		}
	})
}

// bomb packs zeros into an entry that declares claimed bytes (0: as many as there are), beside padding that does not
// pack, which keeps the ratio of the file low where that is wanted.
func bomb(padding, zeros, claimed int) []byte {
	numel := zeros / 4
	if claimed > 0 {
		numel = claimed / 4
	}
	s := Storage{Class: "FloatStorage", Key: "0", Numel: int64(numel), Data: make([]byte, zeros)}
	z := TorchZip(NewPickle().StateDict(Named{Name: "a", Tensor: Tensor{Storage: s, Size: []int64{int64(numel)}}}).Bytes(), s)
	for i := range z.Entries {
		if z.Entries[i].Name == "archive/data/0" {
			z.Entries[i].Deflate = true
			z.Entries[i].Size = int64(claimed)
		}
	}
	z.Entries = append(z.Entries, ZipEntry{Name: "archive/padding", Data: make([]byte, padding)})
	return z.Bytes()
}

// brokenDeflate has bytes that are no deflate stream where one is declared.
func brokenDeflate() []byte {
	return change("data/0", func(e *ZipEntry) {
		e.Data = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
		e.Local, e.Central = put16(8, 8), put16(10, 8)
	})
}

// shifted stands behind n bytes of junk that its offsets account for.
func shifted(n int) []byte {
	z := good()
	plain := z.Bytes()
	le := binary.LittleEndian
	for i := range z.Entries {
		z.Entries[i].Central = func(b []byte) { le.PutUint32(b[42:], le.Uint32(b[42:])+uint32(n)) }
	}
	z.End = func(b []byte) { le.PutUint32(b[16:], le.Uint32(b[16:])+uint32(n)) }
	out := append(make([]byte, n), z.Bytes()...)
	if len(out) != len(plain)+n {
		panic("the offsets changed the length")
	}
	return out
}

// manyEntries has only a central directory worth speaking of.
func manyEntries(n int) []byte {
	z := Zip{Zip64: true, End64: func(r, _ []byte) {
		binary.LittleEndian.PutUint64(r[24:], uint64(n))
		binary.LittleEndian.PutUint64(r[32:], uint64(n))
	}}
	return z.Bytes()
}

func TestZipWithoutChecksumsSaysSo(t *testing.T) {
	f, _ := readZip(t, with(func(z *Zip) { z.NoCRC = true }))
	if f.Checksums() {
		t.Error("Checksums() is true for a file without checksums")
	}
	f, _ = readZip(t, good().Bytes())
	if !f.Checksums() {
		t.Error("Checksums() is false for a file with checksums")
	}
}

// TestZipNoticesEveryFlippedBit flips each bit of the tensors' data in turn.
func TestZipNoticesEveryFlippedBit(t *testing.T) {
	file := good().Bytes()
	for _, data := range [][]byte{Floats(1, 2, 3), Floats(4, 5)} {
		at := bytes.Index(file, data)
		for bit := range 8 * len(data) {
			file[at+bit/8] ^= 1 << (bit % 8)
			f, err := OpenZip(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ReadAll(f); err == nil || !strings.Contains(err.Error(), "is damaged") {
				t.Fatalf("bit %d of the data flipped: %v", bit, err)
			}
			file[at+bit/8] ^= 1 << (bit % 8)
		}
	}
}

func TestZipBigEndian(t *testing.T) {
	z := StateDictZip(
		Vector("a", "0", 1, -2.5),
		Named{Name: "n", Tensor: Tensor{Storage: Storage{Class: "LongStorage", Key: "1", Numel: 1, Data: []byte{0, 0, 0, 0, 0, 0, 1, 2}}}},
		Named{Name: "b", Tensor: Tensor{Storage: Storage{Class: "ByteStorage", Key: "2", Numel: 2, Data: []byte{1, 2}}, Size: []int64{2}}},
	)
	z.Entries[1].Data = []byte("big")
	z.Entries[2].Data = []byte{0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0}
	_, got := readZip(t, z.Bytes())
	want := map[string][]byte{"a": Floats(1, -2.5), "n": {2, 1, 0, 0, 0, 0, 0, 0}, "b": {1, 2}}
	for name := range want {
		if !bytes.Equal(got[name], want[name]) {
			t.Errorf("%s = %v, want %v", name, got[name], want[name])
		}
	}
}

func TestZipPacked(t *testing.T) {
	_, got := readZip(t, with(packAll))
	wantFloats(t, got, map[string][]float32{"a": {1, 2, 3}, "b": {4, 5}})
}
