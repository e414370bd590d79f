package cli

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"resnet/internal/number"
)

// foreignPhotos are photos that people have and that nothing here decodes, by the extension that they go by.
var foreignPhotos = []struct{ format, extension string }{
	{"HEIC", ".heic"}, {"HEIC", ".heif"}, {"HEIC", ".hif"}, {"AVIF", ".avif"},
}

// unread says of each kind of photos that directories hold and that were not read how to convert them: a line each, with
// the one command.
func (r *imageRun) unread() []string {
	var lines []string
	for _, photo := range foreignPhotos {
		if n := r.found.Skipped[photo.extension]; n > 0 {
			photos := photo.format + " photos were not read"
			if n == 1 {
				photos = photo.format + " photo was not read"
			}
			command := convertCommand(runtime.GOOS, r.directories(), r.found.Recursive, photo.extension)
			lines = append(lines, fmt.Sprintf("%s %s: %s", number.Thousands(int64(n)), photos, command))
		}
	}
	return lines
}

// directories are those among the names that the user gave.
func (r *imageRun) directories() []string {
	var dirs []string
	for _, name := range r.found.Names {
		if info, err := os.Stat(r.f.path(name)); err == nil && info.IsDir() {
			dirs = append(dirs, name)
		}
	}
	return dirs
}

// convertCommand makes a JPEG beside each file of that extension, with what macOS has, elsewhere with ImageMagick.
func convertCommand(system string, dirs []string, recursive bool, extension string) string {
	if system == "windows" {
		patterns := make([]string, len(dirs))
		for i, dir := range dirs {
			patterns[i] = `"` + strings.TrimRight(dir, `\/`) + `\*` + extension + `"`
		}
		return "magick mogrify -format jpg " + strings.Join(patterns, " ")
	}
	quoted := make([]string, len(dirs))
	for i, dir := range dirs {
		quoted[i] = shellWord(dir)
	}
	depth := " -maxdepth 1"
	if recursive {
		depth = ""
	}
	convert := "mogrify -format jpg {} +"
	if system == "darwin" {
		convert = `sips -s format jpeg {} --out {}.jpg \;`
	}
	return fmt.Sprintf("find %s%s -iname '*%s' -exec %s", strings.Join(quoted, " "), depth, extension, convert)
}

// shellWord quotes a path for a shell, and for a command that would take it for an option.
func shellWord(path string) string {
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("/._-+,@%:=", c)
	}
	if path != "" && strings.TrimFunc(path, plain) == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
