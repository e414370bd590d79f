//go:build unix

package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSilentPipes wants every command to end with its context, without a word, where a pipe that it should read has no writer.
func TestSilentPipes(t *testing.T) {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	pipe := filepath.Join(w.dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	if err := os.Symlink("pipe", filepath.Join(w.dir, "pipe.yaml")); err != nil {
		t.Fatal(err)
	}
	w.file("over.yaml", "extends: pipe.yaml\n")
	w.file("named.yaml", "extends: 18\nlabels: ./pipe\n")
	for _, args := range []string{
		"docs --check pipe", "eval --list pipe", "classify a.png --labels pipe", "trace 20 --shapes -f @pipe",
		"trace ./pipe --shapes", "models check pipe pipe", "summary 18 ./pipe", "draw ./pipe", "models check over.yaml",
		"models check named.yaml", "summary over.yaml", "diff 18 over.yaml",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var stderr strings.Builder
		f := &factory{In: strings.NewReader(""), Out: io.Discard, Err: &stderr, dir: w.dir, getenv: func(string) string { return "" }}
		if code := run(ctx, f, strings.Fields(args)); code != exitInterrupted || stderr.Len() > 0 {
			t.Errorf("%s: exit code %d, want %d, and said %q", args, code, exitInterrupted, &stderr)
		}
	}
	// What must be sought in is refused by name.
	w.expect(2, "", "/pipe: not a regular file but a named pipe\n", "classify", "a.png", "--weights", "pipe")
}

// TestUnreadPipes: an output that is a pipe without a reader is given up once the run is interrupted, and so is standard
// output. What takes no pipe says so.
func TestUnreadPipes(t *testing.T) {
	defer func(before time.Duration) { readerPatience = before }(readerPatience)
	readerPatience = time.Millisecond
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	w.tiny("w.safetensors")
	for _, name := range []string{"pipe", "pipe.safetensors", "pipe.onnx"} {
		if err := syscall.Mkfifo(filepath.Join(w.dir, name), 0o600); err != nil {
			t.Skip("no named pipes here:", err)
		}
	}
	for _, args := range []string{"trace 20 --shapes -o pipe", "draw 20 -f svg -o pipe", "features a.png -f npy -o pipe", "classify a.png -f json -o pipe"} {
		interrupt := make(chan struct{})
		f := &factory{Out: io.Discard, Err: io.Discard, dir: w.dir, getenv: func(string) string { return "" }, interrupt: interrupt}
		root := newRootCmd(f)
		root.SetArgs(strings.Fields(args))
		done := make(chan error, 1)
		go func() { done <- root.ExecuteContext(t.Context()) }()
		close(interrupt)
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want an interrupt", args, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(w.dir, ".*partial")); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
	for _, args := range []string{
		"trace w.safetensors --save pipe.safetensors", "features a.png -o pipe.safetensors", "weights convert w.safetensors pipe.safetensors",
		"weights convert w.safetensors pipe.onnx", "weights quantize w.safetensors pipe.safetensors --calibrate a.png",
	} {
		w.expect(2, "", "tensors are written to files alone", strings.Fields(args)...)
	}
	w.expect(2, "", "pipe: not a regular file", "weights", "add", "pipe")

	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	interrupt := make(chan struct{})
	out := newGuard(writer, false, false)
	out.giveUp(interrupt)
	close(interrupt)
	if _, err := out.Write(make([]byte, 1<<20)); !errors.Is(err, context.Canceled) {
		t.Errorf("standard output that nobody reads: %v", err)
	}
	writer.Close()
}

// TestPipedLabels: a list of labels may come from a pipe.
func TestPipedLabels(t *testing.T) {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	if err := syscall.Mkfifo(filepath.Join(w.dir, "pipe"), 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	go func() { _ = os.WriteFile(filepath.Join(w.dir, "pipe"), []byte(strings.Repeat("mine\n", 200)), 0o600) }()
	w.expect(0, ",mine,", "", "classify", "a.png", "--labels", "pipe", "-f", "csv")
}

// TestPipedYAML: a network may come from a pipe; what its YAML names is relative to the working directory.
func TestPipedYAML(t *testing.T) {
	w := newWorld(t)
	w.file("base.yaml", "extends: 20\nnum_classes: 7\n")
	w.file("names.txt", strings.Repeat("mine\n", 7))
	if err := os.MkdirAll(filepath.Join(w.dir, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(w.dir, "below", "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip("no named pipes here:", err)
	}
	t.Chdir(w.dir)
	for _, test := range []struct{ text, args, want string }{
		{"extends: 20\n", "trace below/pipe --shapes --rows stages", "269,722"},
		{"extends: base.yaml\nlabels: names.txt\n", "models check below/pipe", "below/pipe: BasicBlock [3, 3, 3], 20 weighted layers, 269,527 parameters"},
		{"extends: 20\n", "summary 20 below/pipe", "269,722"},
	} {
		go func() { _ = os.WriteFile(pipe, []byte(test.text), 0o600) }()
		w.expect(0, test.want, "", strings.Fields(test.args)...)
	}
	if err := os.Rename(pipe, "net"); err != nil {
		t.Fatal(err)
	}
	go func() { _ = os.WriteFile("net", []byte("extends: 20\n"), 0o600) }()
	w.expect(0, "269,722", "", "trace", "net", "--shapes", "--rows", "stages")
	if err := os.Rename("net", pipe); err != nil {
		t.Fatal(err)
	}
	go func() { _ = os.WriteFile(pipe, []byte("extends: 20\nblok: 1\n"), 0o600) }()
	w.expect(1, "", "below/pipe:2:1: ", "models", "check", "below/pipe")
}
