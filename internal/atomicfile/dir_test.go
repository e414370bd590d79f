package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDir(t *testing.T) {
	parent := t.TempDir()
	name := filepath.Join(parent, "out")
	fill := func(text string) *Dir {
		t.Helper()
		d, err := CreateDir(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(d.Path, text), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return d
	}
	holds := func(want string) {
		t.Helper()
		files, err := os.ReadDir(name)
		if err != nil || len(files) != 1 || files[0].Name() != want {
			t.Errorf("%v, %v, want %s alone", files, err, want)
		}
	}
	first := fill("first")
	if _, err := os.Stat(name); err == nil {
		t.Error("the folder is there before it is whole")
	}
	if err := first.Commit(); err != nil {
		t.Fatal(err)
	}
	holds("first")

	second, third := fill("second"), fill("third") // at a time
	if err := second.Cleanup(); err != nil {
		t.Fatal(err)
	}
	holds("first")
	if err := third.Commit(); err != nil {
		t.Fatal(err)
	}
	holds("third")
	if err := third.Cleanup(); err != nil {
		t.Fatal(err)
	}
	holds("third")
	all, err := os.ReadDir(parent)
	if err != nil || len(all) != 1 {
		t.Errorf("%v, %v beside the folder", all, err)
	}
}

// What a killed process has left is gone after the next one.
func TestAbandonedDir(t *testing.T) {
	if !tellsHeldDirs {
		t.Skip("it stays here")
	}
	name := filepath.Join(t.TempDir(), "out")
	left := tempName(name, "0")
	if err := os.MkdirAll(filepath.Join(left, "half"), 0o777); err != nil {
		t.Fatal(err)
	}
	d, err := CreateDir(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(left, "half")); err == nil || d.Path != left {
		t.Errorf("%s is left, the new one is %s", left, d.Path)
	}
	if err := d.Cleanup(); err != nil {
		t.Fatal(err)
	}
}

// Without a system call that exchanges names a folder is replaced all the same, and stays where it can't be.
func TestReplaceByNames(t *testing.T) {
	parent := t.TempDir()
	target, path := filepath.Join(parent, "out"), filepath.Join(parent, ".out.0.partial")
	for _, dir := range []string{filepath.Join(target, "old"), aside(path)} { // the second: of a killed process
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := replaceByNames(path, target); err == nil {
		t.Error("replaced by a folder that is not there")
	}
	if _, err := os.Stat(filepath.Join(target, "old")); err != nil {
		t.Errorf("the folder is not as it was: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(path, "new"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := replaceByNames(path, target); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(target, "new")); err != nil {
		t.Errorf("the new folder is not there: %v", err)
	}
	if all, err := os.ReadDir(parent); err != nil || len(all) != 1 {
		t.Errorf("%v, %v beside the folder", all, err)
	}
}

func TestRemoveAllByNames(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	if err := os.MkdirAll(filepath.Join(dir, "below", "it"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "below", "file"), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to remove
		if err := removeAllByNames(dir); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := os.ReadDir(parent); err != nil || len(all) != 0 {
		t.Errorf("%v, %v are left", all, err)
	}
}
