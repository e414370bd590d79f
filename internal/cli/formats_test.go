package cli

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// wellFormed holds what is in a format against what its readers want of it first.
func wellFormed(name string, data []byte) error {
	begins := map[string]string{
		"png": "\x89PNG\r\n", "pdf": "%PDF-", "npy": "\x93NUMPY", "dot": "digraph ", "mermaid": "flowchart ", "latex": "%",
	}
	switch name {
	case "json":
		return json.Unmarshal(data, new(map[string]any))
	case "ndjson":
		for line := range bytes.Lines(data) {
			if err := json.Unmarshal(line, new(map[string]any)); err != nil {
				return err
			}
		}
	case "csv":
		if rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll(); err != nil || len(rows) < 1 {
			return errors.Join(err, errors.New("no head"))
		}
	case "svg":
		for d := xml.NewDecoder(bytes.NewReader(data)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				return err
			}
		}
	}
	if !strings.HasPrefix(string(data), begins[name]) || len(data) == 0 && name != "ndjson" {
		return errors.New("it does not begin as it should")
	}
	return nil
}

// shown are command lines of every command with --format: each of its views, in the files of showWorld. What has its own
// --output, a folder, shows its view on stdout.
var shown = map[string][]string{
	"trace":           {"trace 20 --shapes", "trace 20", "trace 20 --anatomy", "trace 20 --ablate all", "trace 20 --stats --time"},
	"summary":         {"summary 20", "summary 20 18", "summary 20 --blocks", "summary 20 --explain-flops"},
	"diff":            {"diff 20 32 --shapes", "diff 20 20", "diff tiny.safetensors tiny.safetensors"},
	"draw":            {"draw 20", "draw 20 32", "draw 20 --block variants"},
	"models":          {"models"},
	"weights list":    {"weights list"},
	"weights inspect": {"weights inspect tiny.safetensors"},
	"bench":           {"bench 20 --runs 1", "bench 20 --runs 1 --per-layer", "bench 20 --runs 1 --compare exact"},
	"classify":        {"classify a.png", "classify a.png b.png"},
	"eval":            {"eval val"},
	"features":        {"features a.png"},
	"fit":             {"fit photos --output net"},
	"settings":        {"settings"},
	"similar":         {"similar a.png --in val -r"},
	"curves":          {"curves run"},
	"batch status":    {"batch status job"},
	"batch verify":    {"batch verify job"},
}

// showWorld has what the lines of shown are about.
func showWorld(t *testing.T) *world {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	w.image("b.png", 80, 64, 2)
	w.image("val/goldfish/a.png", 64, 64, 1)
	w.photos("photos", 2)
	w.tiny("tiny.safetensors")
	w.trained("run", "resnet20_cifar")
	w.expect(0, "", "", "batch", "classify", "val", "-o", "job")
	return w
}

// TestEveryFormat writes what every command with --format shows, in each of its formats; a new command or format is tried
// unasked.
func TestEveryFormat(t *testing.T) {
	w := showWorld(t)
	var commands func(*cobra.Command)
	commands = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			commands(sub)
		}
		flag := cmd.Flags().Lookup("format")
		if flag == nil {
			return
		}
		name := strings.TrimPrefix(cmd.CommandPath(), "resnet ")
		if name == "batch classify" || name == "batch features" { // its output is a folder
			for _, f := range flag.Value.(*formatValue).known {
				job := strings.ReplaceAll(name+" "+f, " ", "-")
				w.expect(0, "", "", append(strings.Fields(name), "val", "-f", f, "-o", job)...)
				w.expect(0, "all digests are right", "", "batch", "verify", job)
			}
			return
		}
		if shown[name] == nil {
			t.Errorf("no line shows %s in all its formats", name)
		}
		tried := map[string]bool{}
		for _, line := range shown[name] {
			for _, f := range flag.Value.(*formatValue).known {
				to := []string{"-o", "out"}
				toStdout := strings.Contains(line, "--output")
				if toStdout {
					to = nil
				}
				code := w.run(slices.Concat(strings.Fields(line), []string{"-f", f}, to)...)
				if code == exitNothing && strings.Contains(w.err.String(), "--format "+f) {
					continue // of another view of this command
				}
				data, err := os.ReadFile(filepath.Join(w.dir, "out"))
				if toStdout {
					data, err = w.out.Bytes(), nil
				}
				if err == nil {
					err = wellFormed(f, data)
				}
				if code != 0 || err != nil {
					t.Errorf("%s -f %s: exit code %d, %v, %s", line, f, code, err, w.err.String())
				}
				tried[f] = true
			}
		}
		for _, f := range flag.Value.(*formatValue).known {
			if !tried[f] {
				t.Errorf("%s -f %s: no line shows it", name, f)
			}
		}
	}
	commands(newRootCmd(newFactory(strings.NewReader(""), io.Discard, io.Discard)))

	for _, f := range camFormats() {
		w.expect(0, "", "", "classify", "a.png", "b.png", "--cam", "maps/", "--cam-format", f)
		data, err := os.ReadFile(filepath.Join(w.dir, "maps", "a.png."+f))
		if err == nil {
			err = wellFormed(f, data)
		}
		if err != nil {
			t.Errorf("maps as %s: %v", f, err)
		}
	}
}
