package tiff

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestZSTDMemory decodes a frame with the largest window that is allowed, within what is estimated for it.
func TestZSTDMemory(t *testing.T) {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithWindowSize(zstdWindow), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	row := make([]byte, 1<<16)
	for i := range row {
		row[i] = byte(i * i >> 7)
	}
	const rows = 200
	for i := range rows {
		row[0] = byte(i)
		if _, err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f := &File{tileWidth: len(row), tileLength: rows, Width: len(row), Height: rows, planes: 1, pixelBits: 8, compression: zstandard}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := f.newReader()
	for range 2 {
		if err := r.reset(b.Bytes(), rows); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, len(row))
		for range rows {
			if err := r.readRow(t.Context(), line); err != nil {
				t.Fatal(err)
			}
		}
	}
	runtime.ReadMemStats(&after)
	if n, limit := after.TotalAlloc-before.TotalAlloc, uint64(f.Memory()); n > limit {
		t.Errorf("%d bytes are allocated, estimated are %d", n, limit)
	}
}
