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
