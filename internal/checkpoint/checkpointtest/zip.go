package checkpointtest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

// A ZipEntry is an entry of a Zip. Local and Central may change the header just before it is written: 30 and 46 bytes
// with the name behind them.
type ZipEntry struct {
	Name    string
	Data    []byte
	Deflate bool
	Local   func(header []byte)
	Central func(header []byte)
	Size    int64 // the size that the headers claim, where it is not that of Data
	At      *int  // the offset that the central directory claims
}

// A Zip is laid out as PyTorch's writer does: sizes and checksums behind the data, which begins at a multiple of 64.
type Zip struct {
	Entries []ZipEntry
	NoCRC   bool
	Comment string
	Zip64   bool                         // write the zip64 records, and all ones in the end record
	End     func(end []byte)             // changes the 22 bytes of the end record
	End64   func(record, locator []byte) // changes the zip64 record and its locator
}

// Bytes writes the file.
func (z Zip) Bytes() []byte {
	var out, central []byte
	le := binary.LittleEndian
	for _, e := range z.Entries {
		at := len(out)
		data := e.Data
		method := uint16(0)
		if e.Deflate {
			data, method = deflate(data), 8
		}
		size := uint32(len(e.Data))
		if e.Size != 0 {
			size = uint32(e.Size)
		}
		packed := uint32(len(data))
		if !e.Deflate {
			packed = size
		}
		crc := crc32.ChecksumIEEE(e.Data)
		if z.NoCRC {
			crc = 0
		}
		padding := (64 - (at+30+len(e.Name)+4)%64) % 64

		local := make([]byte, 30, 30+len(e.Name))
		copy(local, "PK\x03\x04")
		le.PutUint16(local[6:], 0x0808)
		le.PutUint16(local[8:], method)
		le.PutUint16(local[26:], uint16(len(e.Name)))
		le.PutUint16(local[28:], uint16(4+padding))
		local = append(local, e.Name...)
		if e.Local != nil {
			e.Local(local)
		}
		out = append(out, local...)
		out = append(out, 'F', 'B', byte(padding), 0)
		out = append(out, bytes.Repeat([]byte{'Z'}, padding)...)
		out = append(out, data...)
		out = append(out, "PK\x07\x08"...)
		out = le.AppendUint32(out, crc)
		out = le.AppendUint32(out, packed)
		out = le.AppendUint32(out, size)

		header := make([]byte, 46, 46+len(e.Name))
		copy(header, "PK\x01\x02")
		le.PutUint16(header[8:], 0x0808)
		le.PutUint16(header[10:], method)
		le.PutUint32(header[16:], crc)
		le.PutUint32(header[20:], packed)
		le.PutUint32(header[24:], size)
		le.PutUint16(header[28:], uint16(len(e.Name)))
		if e.At != nil {
			at = *e.At
		}
		le.PutUint32(header[42:], uint32(at))
		header = append(header, e.Name...)
		if e.Central != nil {
			e.Central(header)
		}
		central = append(central, header...)
	}
	start := len(out)
	out = append(out, central...)
	return z.end(out, start)
}

// end writes the records that follow the central directory.
func (z Zip) end(out []byte, start int) []byte {
	le := binary.LittleEndian
	n, size := len(z.Entries), len(out)-start
	if z.Zip64 {
		record := make([]byte, 56)
		copy(record, "PK\x06\x06")
		le.PutUint64(record[4:], 44)
		le.PutUint64(record[24:], uint64(n))
		le.PutUint64(record[32:], uint64(n))
		le.PutUint64(record[40:], uint64(size))
		le.PutUint64(record[48:], uint64(start))
		locator := make([]byte, 20)
		copy(locator, "PK\x06\x07")
		le.PutUint64(locator[8:], uint64(len(out)))
		le.PutUint32(locator[16:], 1)
		if z.End64 != nil {
			z.End64(record, locator)
		}
		out = append(append(out, record...), locator...)
		n, size, start = 0xffff, 0xffffffff, 0xffffffff
	}
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	le.PutUint16(end[8:], uint16(n))
	le.PutUint16(end[10:], uint16(n))
	le.PutUint32(end[12:], uint32(size))
	le.PutUint32(end[16:], uint32(start))
	le.PutUint16(end[20:], uint16(len(z.Comment)))
	if z.End != nil {
		z.End(end)
	}
	return append(append(out, end...), z.Comment...)
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := Must(flate.NewWriter(&b, flate.BestCompression))
	Must(w.Write(data))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// TorchZip lays out a checkpoint: data.pkl, the byte order, the version, and an entry for each storage.
func TorchZip(pickle []byte, storages ...Storage) Zip {
	z := Zip{Entries: []ZipEntry{
		{Name: "archive/data.pkl", Data: pickle},
		{Name: "archive/byteorder", Data: []byte("little")},
	}}
	for _, s := range storages {
		z.Entries = append(z.Entries, ZipEntry{Name: "archive/data/" + s.Key, Data: s.Data})
	}
	z.Entries = append(z.Entries, ZipEntry{Name: "archive/version", Data: []byte("3\n")})
	return z
}

// StateDictZip is TorchZip for a state dict, each tensor with a storage of its own.
func StateDictZip(tensors ...Named) Zip {
	return TorchZip(NewPickle().StateDict(tensors...).Bytes(), storagesOf(tensors)...)
}

// storagesOf lists each storage once.
func storagesOf(tensors []Named) []Storage {
	var storages []Storage
	seen := map[string]bool{}
	for _, t := range tensors {
		if !seen[t.Storage.Key] {
			seen[t.Storage.Key] = true
			storages = append(storages, t.Storage)
		}
	}
	return storages
}
