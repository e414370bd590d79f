package imaging

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"io"
	"strings"
)

// The texts that tell of an orientation: XMP, and EXIF as ImageMagick writes it, in hexadecimal.
const (
	xmpText  = "XML:com.adobe.xmp"
	exifText = "Raw profile type exif"
)

// longestText bounds a text that is inflated, as Pillow does.
const longestText = 1 << 20

// pngOrientation reads the orientation from wherever it stands among the chunks: EXIF's own chunk first, else its text; XMP
// where these have none.
func pngOrientation(s source) int {
	texts := map[string][]byte{}
	var exif []byte
	walkPNG(s, func(kind string, at, n int64) bool {
		switch kind {
		case "eXIf":
			exif = block(s, at, n)
		case "tEXt", "zTXt", "iTXt":
			if key, value := pngText(s, kind, at, n); key != "" {
				texts[key] = value
			}
		}
		return kind != "IEND"
	})
	if exif == nil {
		exif = rawProfile(texts[exifText])
	}
	if o := exifOrientation(exif); o != 0 {
		return o
	}
	return xmpOrientation(texts[xmpText])
}

// pngText is a chunk of text, if it is one of those that are wanted.
func pngText(s source, kind string, at, n int64) (key string, value []byte) {
	head, err := s.read(at, int(min(n, int64(len(exifText)+1))))
	if err != nil {
		return "", nil
	}
	for _, key = range []string{xmpText, exifText} {
		if bytes.HasPrefix(head, []byte(key+"\x00")) {
			value = block(s, at, n)
			break
		}
	}
	if value == nil {
		return "", nil
	}
	value = value[len(key)+1:]
	packed := kind == "zTXt"
	switch {
	case packed && len(value) > 0:
		value = value[1:] // the method
	case kind == "iTXt" && len(value) > 2:
		packed = value[0] != 0
		_, value, _ = bytes.Cut(value[2:], []byte{0}) // behind the language
		_, value, _ = bytes.Cut(value, []byte{0})     // and the key in it
	}
	if packed {
		value = inflateText(value)
	}
	return key, value
}

// inflateText is nil where the text is too long or broken.
func inflateText(packed []byte) []byte {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(z, longestText+1))
	if err != nil || len(text) > longestText {
		return nil
	}
	return text
}

// rawProfile is the content of a profile as text: an empty line, its name, its length, and lines of hexadecimal digits.
func rawProfile(text []byte) []byte {
	lines := strings.SplitN(string(text), "\n", 4)
	if len(lines) < 4 {
		return nil
	}
	profile, err := hex.DecodeString(strings.Join(strings.Fields(lines[3]), ""))
	if err != nil {
		return nil
	}
	return profile
}
