package imaging

import "testing"

func TestSniff(t *testing.T) {
	for header, want := range map[string]Format{
		"\xff\xd8\xff\xe0":             JPEG,
		"\x89PNG\r\n\x1a\n\x00":        PNG,
		"GIF89a\x01":                   GIF,
		"RIFF\x01\x02\x03\x04WEBPVP8 ": WebP,
		"RIFF\x01\x02\x03\x04WAVEfmt ": "",
		"II*\x00":                      TIFF,
		"MM\x00*":                      TIFF,
		"MM*\x00":                      TIFF,
		"II+\x00":                      TIFF,
		"MM\x00+":                      "big-endian BigTIFF",
		"BM0123456789012\x00\x00\x00":  "",
		"BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00": BMP,
		"BMW is a maker of cars in Munich":                                   "",
		"\x00\x00\x00\x18ftypheic":                                           "HEIC",
		"\x00\x00\x00\x18ftypavif":                                           "AVIF",
		"%PDF-1.4":                                                           "PDF",
		"<svg xmlns=":                                                        "SVG",
		"<?xml version='1.0'?><svg":                                          "SVG",
		"<?xml version='1.0'?><html":                                         "",
		"P6\n2 2\n":                                                          "Netpbm",
		"":                                                                   "",
		"hello":                                                              "",
	} {
		if got := Sniff([]byte(header)); got != want {
			t.Errorf("Sniff(%q) = %q, want %q", header, got, want)
		}
	}
	if Format("HEIC").Supported() || !JPEG.Supported() {
		t.Error("Supported: want JPEG to be and HEIC not")
	}
}
