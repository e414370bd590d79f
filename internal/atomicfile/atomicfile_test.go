package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string, commit bool) {
	t.Helper()
	f, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Cleanup()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if commit {
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

func wantFile(t *testing.T, name, text string) {
	t.Helper()
	if got, err := os.ReadFile(name); err != nil || string(got) != text {
		t.Errorf("%s holds %q, %v, want %q", name, got, err, text)
	}
}

func TestCommitAndCleanup(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out.txt")

	write(t, name, "one", false)
	if _, err := os.Stat(name); err == nil {
		t.Error("the file is there without Commit")
	}
	write(t, name, "two", true)
	wantFile(t, name, "two")
	write(t, name, "three", false)
	wantFile(t, name, "two")

	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v, want 1", len(left), err)
	}
}

func TestPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no permission bits")
	}
	name := filepath.Join(t.TempDir(), "out.txt")
	plain := name + ".plain"
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	write(t, name, "new", true)
	if got, want := mode(t, name), mode(t, plain); got != want {
		t.Errorf("a new file has %v, want %v as any other", got, want)
	}
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	write(t, name, "again", true)
	if got := mode(t, name); got != 0o640 {
		t.Errorf("a replaced file has %v, want its own 0640", got)
	}
}

func mode(t *testing.T, name string) os.FileMode {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestLinkStays(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	write(t, link, "new", true)
	wantFile(t, target, "new")
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
}

// TestLinkToNothing: what it points at is made, or missed where that can't be.
func TestLinkToNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"first": "second", "second": filepath.Join("below", "out.txt"), "unmounted": filepath.Join("away", "out.txt"),
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	write(t, filepath.Join(dir, "first"), "new", true)
	wantFile(t, filepath.Join(dir, "below", "out.txt"), "new")
	if _, err := Create(filepath.Join(dir, "unmounted")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("created: %v", err)
	}
	if _, err := Create(filepath.Join(dir, "nowhere", "out.txt")); err == nil || !strings.HasSuffix(err.Error(), "out.txt: there is no folder "+filepath.Join(dir, "nowhere")+"; make it first") {
		t.Errorf("created: %v", err)
	}
	for _, name := range []string{"first", "second", "unmounted"} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err != nil || info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("the link %s was replaced", name)
		}
	}
}

func TestWriteProtected(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out.txt")
	write(t, name, "precious", true)
	if err := os.Chmod(name, 0o444); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(name); err == nil || !strings.HasSuffix(err.Error(), "out.txt: is write-protected") {
		t.Errorf("created: %v", err)
	}
	wantFile(t, name, "precious")
}

// TestAbandoned: what a killed run has left goes with the next one, what another is writing stays.
func TestAbandoned(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "out.txt")
	for _, slot := range []string{"0", "1"} {
		if err := os.WriteFile(tempName(target, slot), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	first, err := Create(target)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Create(target)
	if err != nil {
		t.Fatal(err)
	}
	if first.Name() != tempName(target, "0") || second.Name() != tempName(target, "1") {
		t.Errorf("temporary files %s and %s", first.Name(), second.Name())
	}
	for i, f := range []*File{first, second} {
		if _, err := fmt.Fprint(f, i); err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	wantFile(t, target, "1")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestCommitNew(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out.txt")
	for i, want := range []error{nil, fs.ErrExist} {
		f, err := Temp(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprint(f, i); err != nil {
			t.Fatal(err)
		}
		if err := f.CommitNew(); !errors.Is(err, want) {
			t.Errorf("%d: %v, want %v", i, err, want)
		}
		if err := f.Cleanup(); err != nil {
			t.Error(err)
		}
	}
	wantFile(t, name, "0")
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// TestErrorsNameTheTarget: nobody has heard of the temporary file.
func TestErrorsNameTheTarget(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out.txt")
	f, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	f.File.Close() // as good as a disk that is full
	for what, err := range map[string]error{
		"Write": second(f.Write([]byte("x"))), "WriteString": second(f.WriteString("x")), "WriteAt": second(f.WriteAt([]byte("x"), 0)), "Commit": f.Commit(),
	} {
		if err == nil || !strings.Contains(err.Error(), name+": ") || strings.Contains(err.Error(), "partial") {
			t.Errorf("%s: %v, want an error that names %s", what, err, name)
		}
	}
}

func second(_ int, err error) error { return err }

// TestForeignFile: nothing but a regular file is ever removed or written through.
func TestForeignFile(t *testing.T) {
	dir := t.TempDir()
	target, other := filepath.Join(dir, "out.txt"), filepath.Join(dir, "other.txt")
	if err := os.WriteFile(other, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, tempName(target, "0")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	write(t, target, "new", true)
	wantFile(t, target, "new")
	wantFile(t, other, "mine")
}

func TestLongName(t *testing.T) {
	name := filepath.Join(t.TempDir(), strings.Repeat("n", 250))
	write(t, name, "new", true)
	wantFile(t, name, "new")
}

func TestLost(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out.txt")
	write(t, name, "old", true)
	if err := os.Link(name, filepath.Join(dir, "link")); err != nil {
		t.Skip("no hard links here:", err)
	}
	f, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Cleanup()
	if runtime.GOOS != "windows" && len(f.Lost()) != 1 {
		t.Errorf("lost: %q, want the other hard link", f.Lost())
	}
}

func TestNotAFile(t *testing.T) {
	write(t, os.DevNull, "gone", true)
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s is a file now", os.DevNull)
	}
	dir := t.TempDir()
	if _, err := Create(dir); err == nil {
		t.Error("a directory was created over")
	}
	_, err := Create(filepath.Join(dir, "no", "out.txt"))
	if err == nil || !strings.HasSuffix(strings.Split(err.Error(), ": ")[0], "out.txt") {
		t.Errorf("error %v, want one that names out.txt", err)
	}
}
