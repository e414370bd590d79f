package draw

import (
	"bytes"
	"image/png"
	"testing"
)

func TestMarks(t *testing.T) {
	f := &Figure{Width: 40, Height: 30, Title: "a figure", Desc: "of nothing"}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"svg": func(b *bytes.Buffer) error { return f.WriteSVG(b, Auto) },
		"png": func(b *bytes.Buffer) error { return f.WritePNG(b, Light, 1) },
		"pdf": func(b *bytes.Buffer) error { return f.WritePDF(b, Light) },
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		if !IsOurs(out.Bytes()) {
			t.Errorf("%s: not known as ours", name)
		}
		if name == "png" {
			if _, err := png.Decode(&out); err != nil {
				t.Errorf("a PNG with its mark: %v", err)
			}
		}
	}
	for _, other := range []string{"", "<svg xmlns=\"x\">\n</svg>", "\x89PNG\r\n\x1a\n", "%PDF-1.3 /Creator (somebody)", svgMark} {
		if IsOurs([]byte(other)) {
			t.Errorf("%q is taken for ours", other)
		}
	}
}
