//go:build unix

package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestSpecialFiles(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{fifo: "a named pipe", "/dev/zero": "a device", "/dev/null": "a device"} {
		_, err := Open(path)
		var broken *FormatError
		if !errors.As(err, &broken) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// unreadable is, in the environment, the file that a child of this test opens.
const unreadable = "CHECKPOINT_TEST_UNREADABLE"

// TestUnreadableFile opens a file without permissions. Root may read everything, so that for root a child process does it
// as nobody.
func TestUnreadableFile(t *testing.T) {
	if path := os.Getenv(unreadable); path != "" {
		if _, err := Open(path); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error is %v, want one of permission", err)
		}
		return
	}
	dir, err := os.MkdirTemp("", "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "x.pth")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(path, sample()["zip"], 0)); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		if _, err := Open(path); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("error is %v, want one of permission", err)
		}
		return
	}
	// The test binary may lie where nobody may not look.
	program := filepath.Join(dir, "test")
	self, err := os.Executable()
	if err == nil {
		var code []byte
		if code, err = os.ReadFile(self); err == nil {
			err = os.WriteFile(program, code, 0o755)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(program, "-test.run=^TestUnreadableFile$")
	child.Dir = dir
	child.Env = append(os.Environ(), unreadable+"="+path)
	child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
