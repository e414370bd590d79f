package cli

import (
	"os/exec"
	"runtime"
	"testing"
)

func TestConvertCommand(t *testing.T) {
	for _, c := range []struct {
		system    string
		dirs      []string
		recursive bool
		want      string
	}{
		{"linux", []string{"photos"}, true, "find photos -iname '*.heic' -exec mogrify -format jpg {} +"},
		{"linux", []string{"my photos", "-x", "it's"}, false, `find 'my photos' ./-x 'it'\''s' -maxdepth 1 -iname '*.heic' -exec mogrify -format jpg {} +`},
		{"darwin", []string{"."}, false, `find . -maxdepth 1 -iname '*.heic' -exec sips -s format jpeg {} --out {}.jpg \;`},
		{"windows", []string{`C:\my photos`, `D:\`}, false, `magick mogrify -format jpg "C:\my photos\*.heic" "D:\*.heic"`},
	} {
		if got := convertCommand(c.system, c.dirs, c.recursive, ".heic"); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.system, got, c.want)
		}
	}
}

func TestConvertFile(t *testing.T) {
	for _, c := range []struct{ system, name, want string }{
		{"linux", "a.heic", "mogrify -format jpg a.heic"},
		{"linux", "it's mine/-x.HEIC", `mogrify -format jpg 'it'\''s mine/-x.HEIC'`},
		{"linux", "-x.avif", "mogrify -format jpg ./-x.avif"},
		{"linux", "renamed.JPG", "mogrify -format png renamed.JPG"}, // which a JPEG would overwrite
		{"darwin", "a b.heic", "sips -s format jpeg 'a b.heic' --out 'a b.heic'.jpg"},
		{"windows", `C:\my photos\a.heic`, `magick mogrify -format jpg "C:\my photos\a.heic"`},
	} {
		if got := convertFile(c.system, c.name); got != c.want {
			t.Errorf("%s, %s: %s\nwant %s", c.system, c.name, got, c.want)
		}
	}
}

// TestShellWord lets a shell read the words.
func TestShellWord(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	for word, want := range map[string]string{
		"a b": "a b", "it's": "it's", "$HOME": "$HOME", "a;b": "a;b", "-n": "./-n", "é*": "é*", "a\nb": "a\nb", "": "", "x=1/y.z": "x=1/y.z",
	} {
		out, err := exec.Command(shell, "-c", "printf %s "+shellWord(word)).Output()
		if err != nil || string(out) != want {
			t.Errorf("%q is read as %q (%v), want %q", word, out, err, want)
		}
	}
}

func TestPhotosThatAreNotRead(t *testing.T) {
	w := newWorld(t)
	w.image("photos/a.png", 120, 80, 1)
	for _, name := range []string{"1.HEIC", "2.heic", "b.avif"} {
		w.file("photos/"+name, "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")
	}
	w.file("heic/1.heic", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")
	w.expect(0, "a.png", "1 labelled, 3 skipped (2 .heic, 1 .avif)\n2 HEIC photos were not read: ", "classify", "photos")
	w.expect(0, "a.png", "\n1 AVIF photo was not read: ", "classify", "photos")
	w.expect(2, "", "no image found in heic (1 skipped (1 .heic))\nresnet: 1 HEIC photo was not read: ", "classify", "heic")

	what := "photos/1.HEIC: HEIC pictures are not supported; convert to JPEG or PNG: " + convertFile(runtime.GOOS, "photos/1.HEIC") + "\n"
	for _, command := range [][]string{{"classify"}, {"preprocess", "-o", "out"}, {"features", "-o", "x.npy"}} {
		w.expect(1, "", what, append(command, "photos/1.HEIC", "photos/a.png")...)
	}
	w.expect(2, "", what, "trace", "18", "--image", "photos/1.HEIC")
}

// TestCropsOfTooMuchMemory asks for more than any machine has.
func TestCropsOfTooMuchMemory(t *testing.T) {
	w := newWorld(t)
	w.image("val/0/a.png", 40, 40, 1)
	for _, args := range [][]string{
		{"classify", "val/0/a.png", "--crop", "32768"},
		{"features", "val/0/a.png", "--crop", "32768", "-o", "x.npy"},
		{"eval", "val", "--crop", "32768"},
	} {
		w.expect(2, "", "an input of [1, 3, 32768, 32768] takes ", args...)
	}
	w.expect(2, "", "is cropped to 32768×32768: 1,073,741,824 pixels, more than the limit", "preprocess", "val/0/a.png", "--crop", "32768", "-o", "out")
}
