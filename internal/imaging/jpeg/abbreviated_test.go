package jpeg

import (
	"bytes"
	"image"
	"testing"
)

// FuzzAbbreviated reads a picture whose tables stand in a stream of their own, as samples and as YCbCr.
func FuzzAbbreviated(f *testing.F) {
	for _, seed := range seeds {
		tables, picture := abbreviated(seed)
		f.Add(tables, picture)
		f.Add([]byte{}, seed)
	}
	f.Fuzz(func(t *testing.T, tables, data []byte) {
		for _, yCbCr := range []bool{false, true} {
			d, err := NewAbbreviatedDecoder(tables, data)
			if err != nil || d.Width()*d.Height() > 1<<16 {
				return
			}
			if d.KeepSamples(); yCbCr && d.Components() == 3 {
				d.AssumeYCbCr()
			}
			row := make([]byte, d.Components()*d.Width())
			for range d.Height() {
				if d.ReadRow(t.Context(), row) != nil {
					break
				}
			}
		}
	})
}

// abbreviated takes the tables out of a stream.
func abbreviated(stream []byte) (tables, picture []byte) {
	tables, picture = []byte{0xFF, markerSOI}, []byte{0xFF, markerSOI}
	for stream = stream[2:]; stream[1] != markerSOS; {
		end := 2 + int(stream[2])<<8 + int(stream[3])
		if marker := stream[1]; marker == markerDQT || marker == markerDHT {
			tables = append(tables, stream[:end]...)
		} else {
			picture = append(picture, stream[:end]...)
		}
		stream = stream[end:]
	}
	return append(tables, 0xFF, markerEOI), append(picture, stream...)
}

// TestAbbreviated wants the picture of a stream whose tables were taken out, and what is missing of one that was cut.
func TestAbbreviated(t *testing.T) {
	for i, seed := range seeds {
		want, ok := decode(t, seed, image.Rectangle{})
		tables, picture := abbreviated(seed)
		if _, ok := decode(t, picture, image.Rectangle{}); ok {
			t.Errorf("seed %d is decoded without its tables", i)
		}
		d, err := NewAbbreviatedDecoder(tables, picture[:len(picture)-2])
		if !ok || err != nil {
			t.Fatalf("seed %d: %v", i, err)
		}
		got := make([]byte, len(want))
		for y := range d.Height() {
			if err := d.ReadRow(t.Context(), got[3*y*d.Width():][:3*d.Width()]); err != nil {
				t.Fatalf("seed %d, row %d: %v", i, y, err)
			}
		}
		if !bytes.Equal(got, want) {
			t.Errorf("seed %d: the pixels differ from those of the whole stream", i)
		}
	}
	if _, err := NewAbbreviatedDecoder(seeds[0], seeds[0]); err == nil {
		t.Error("a picture among the tables is accepted")
	}
}
