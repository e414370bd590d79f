package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// outsideData is where checkpoints lie that are too large for the repository.
func outsideData(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("RESNET_TESTDATA")
	if dir == "" {
		t.Skip("RESNET_TESTDATA is not set: it names the directory with checkpoints/ and weights/")
	}
	if _, err := os.Stat(filepath.Join(dir, "checkpoints")); err != nil {
		t.Fatal("RESNET_TESTDATA: ", err)
	}
	return dir
}

// TestDownloadedCheckpoints compares real files with what PyTorch reads from them (testdata/digest_downloads.py).
func TestDownloadedCheckpoints(t *testing.T) {
	dir := outsideData(t)
	text, err := os.ReadFile("testdata/downloads.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		Tensors int
		SHA256  string
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for file, want := range want {
		t.Run(filepath.Base(file), func(t *testing.T) {
			f, err := Open(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			sum := sha256.New()
			for _, name := range slices.Sorted(slices.Values(f.Names())) {
				info, _ := f.Info(name)
				values := make([]float32, info.Shape.Elements())
				if err := f.Read(name, values); err != nil {
					t.Fatal(err)
				}
				io.WriteString(sum, name+"\n")
				sum.Write(bitsOf(values))
			}
			if got := hex.EncodeToString(sum.Sum(nil)); len(f.Names()) != want.Tensors || got != want.SHA256 {
				t.Errorf("%d tensors with the digest %s, PyTorch reads %d with %s", len(f.Names()), got, want.Tensors, want.SHA256)
			}
		})
	}
}

func TestDownloadedModelIsRefused(t *testing.T) {
	_, err := Open(filepath.Join(outsideData(t), "checkpoints", "whole-pickled-model-must-refuse.pth"))
	var broken *FormatError
	if !errors.As(err, &broken) || !strings.Contains(err.Error(), "global not allowed: __main__.ResNet20") || !strings.Contains(err.Error(), "torch.save(model.state_dict()") {
		t.Errorf("error is %v", err)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is more than one line: %q", err)
	}
}
