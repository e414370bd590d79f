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
		"\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x20\x00\x10\x00\x18\x20":                 "TGA",
		"\x00\x00\x0A\x00\x00\x00\x00\x00\x00\x00\x00\x00\x20\x00\x10\x00\x20\x08":                 "TGA",
		"\x00\x01\x01\x00\x00\x00\x01\x18\x00\x00\x00\x00\x20\x00\x10\x00\x08\x00":                 "TGA",
		"\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x08\x00":                 "", // of no width
		"\x00\x00\x02\x00\x01\x00\x20\x20\x00\x00\x05\x00\x04\x00\x30\x01\x00\x00\x16\x00\x00\x00": "CUR",
		"\x00\x00\x01\x00\x01\x00": "ICO",
	} {
		if got := Sniff([]byte(header)); got != want {
			t.Errorf("Sniff(%q) = %q, want %q", header, got, want)
		}
	}
	if Format("HEIC").Supported() || !JPEG.Supported() {
		t.Error("Supported: want JPEG to be and HEIC not")
	}
}
