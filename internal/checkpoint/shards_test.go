package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "resnet/internal/checkpoint/checkpointtest"
)

// sharded writes an index and two files into a directory, and outside of it a third file.
func sharded(t *testing.T, index string) (path string) {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "model")
	one := Safetensors(`{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, Floats(1, 2))
	two := StateDictZip(Vector("b", "0", 3)).Bytes()
	path = filepath.Join(dir, "model.safetensors.index.json")
	if err := errors.Join(
		os.Mkdir(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "1.safetensors"), one, 0o644),
		os.WriteFile(filepath.Join(dir, "2.bin"), two, 0o644),
		os.WriteFile(filepath.Join(root, "outside.safetensors"), one, 0o644),
		os.WriteFile(path, []byte(index), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestShards(t *testing.T) {
	f, err := Open(sharded(t, `{"metadata":{"total_size":12},"weight_map":{"b":"2.bin","a":"1.safetensors"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(f.Names(), []string{"b", "a"}) || f.Checksums() || f.Metadata()["format"] != "" {
		t.Errorf("Names, Checksums, Metadata = %q, %v, %q", f.Names(), f.Checksums(), f.Metadata())
	}
	a, b := make([]float32, 2), make([]float32, 1)
	if err := errors.Join(f.Read("a", a), f.Read("b", b)); err != nil || a[1] != 2 || b[0] != 3 {
		t.Errorf("a, b = %v, %v, %v", a, b, err)
	}
	if _, ok := f.Info("c"); ok || f.Read("c", nil) == nil {
		t.Error("a tensor that is not there is found")
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if err := f.Read("a", a); err == nil {
		t.Error("Read after Close is no error")
	}
}

func TestShardsOutside(t *testing.T) {
	for _, c := range []struct{ name, index, want string }{
		{"above", `{"weight_map":{"a":"../outside.safetensors"}}`, "beside the index"},
		{"absolute", `{"weight_map":{"a":"/etc/passwd"}}`, "beside the index"},
		{"below", `{"weight_map":{"a":"x/1.safetensors"}}`, "beside the index"},
		{"with a drive", `{"weight_map":{"a":"C:1.safetensors"}}`, "beside the index"},
		{"with a backslash", `{"weight_map":{"a":"..\\outside.safetensors"}}`, "beside the index"},
		{"the directory", `{"weight_map":{"a":"."}}`, "beside the index"},
		{"the one above", `{"weight_map":{"a":".."}}`, "beside the index"},
		{"empty", `{"weight_map":{"a":""}}`, "beside the index"},
		{"with NUL", `{"weight_map":{"a":"1\u0000"}}`, "beside the index"},
		{"itself", `{"weight_map":{"a":"model.safetensors.index.json"}}`, "unknown format"},
		{"tensor elsewhere", `{"weight_map":{"a":"2.bin"}}`, `"a" is not in "2.bin"`},
		{"no index", `{"hidden_sizes":[256]}`, "no checkpoint index"},
	} {
		_, err := Open(sharded(t, c.index))
		var broken *FormatError
		if !errors.As(err, &broken) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want a *FormatError with %q", c.name, err, c.want)
		}
	}
	if _, err := Open(sharded(t, `{"weight_map":{"a":"none.safetensors"}}`)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is missing: %v", err)
	}
}
