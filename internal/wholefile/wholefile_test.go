package wholefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := Read(t.Context(), path, 10); err != nil || string(data) != "0123456789" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := Read(t.Context(), path, 9); err == nil || !strings.Contains(err.Error(), "more than 9 bytes") {
		t.Errorf("a longer file: %v", err)
	}
	if _, err := Read(t.Context(), path+"s", 9); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Read(t.Context(), t.TempDir(), 9); err == nil {
		t.Error("a directory is read")
	}
}
