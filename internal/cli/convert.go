package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/number"
	"resnet/internal/printable"
)

// foreignPhotos are photos that people have and that nothing here decodes, by the extension that they go by.
var foreignPhotos = []foreignPhoto{
	{"HEIC", ".heic"}, {"HEIC", ".heif"}, {"HEIC", ".hif"}, {"AVIF", ".avif"},
}

type foreignPhoto struct {
	format    imaging.Format
	extension string
}

// unread says of each kind of photos that directories hold and that were not read how to convert them: a line each, with
// the one command.
func (r *imageRun) unread() []string {
	var lines []string
	for _, photo := range foreignPhotos {
		if n := r.found.Skipped[photo.extension]; n > 0 {
			photos := "photos were not read"
			if n == 1 {
				photos = "photo was not read"
			}
			command := convertCommand(runtime.GOOS, r.directories(), r.found.Recursive, photo.extension)
			lines = append(lines, fmt.Sprintf("%s %s %s: %s", number.Thousands(int64(n)), photo.format, photos, command))
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

// convertHint is the command that converts a photo which was given by its name.
func convertHint(e *nets.ForeignFileError) string {
	photo := func(p foreignPhoto) bool { return p.format == e.Format }
	if !slices.ContainsFunc(foreignPhotos, photo) || printable.Name(e.Name) != e.Name {
		return ""
	}
	return ": " + convertFile(runtime.GOOS, e.Name)
}

// convertFile makes a JPEG beside a file; a PNG where the file itself would be overwritten.
func convertFile(system, name string) string {
	format := "jpg"
	if strings.EqualFold(filepath.Ext(name), ".jpg") {
		format = "png"
	}
	return converter(system, format, commandWord(system, name))
}

// convertCommand makes a JPEG beside each file of that extension.
func convertCommand(system string, dirs []string, recursive bool, extension string) string {
	if system == "windows" {
		patterns := make([]string, len(dirs))
		for i, dir := range dirs {
			patterns[i] = commandWord(system, strings.TrimRight(dir, `\/`)+`\*`+extension)
		}
		return converter(system, "jpg", strings.Join(patterns, " "))
	}
	quoted := make([]string, len(dirs))
	for i, dir := range dirs {
		quoted[i] = shellWord(dir)
	}
	depth, end := " -maxdepth 1", " +"
	if recursive {
		depth = ""
	}
	if system == "darwin" {
		end = ` \;` // sips takes one file
	}
	return fmt.Sprintf("find %s%s -iname '*%s' -exec %s", strings.Join(quoted, " "), depth, extension, converter(system, "jpg", "{}")+end)
}

// converter converts files with what macOS has, elsewhere with ImageMagick, to others beside them.
func converter(system, format, files string) string {
	switch system {
	case "darwin":
		return "sips -s format jpeg " + files + " --out " + files + ".jpg"
	case "windows":
		return "magick mogrify -format " + format + " " + files
	}
	return "mogrify -format " + format + " " + files
}

// commandWord quotes a path for the shell of a system. On Windows no path has double quotes.
func commandWord(system, path string) string {
	if system != "windows" {
		return shellWord(path)
	}
	if strings.HasPrefix(path, "-") {
		path = `.\` + path
	}
	return `"` + path + `"`
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
