package weights

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAdd(t *testing.T) {
	data := payload(1000, 1)
	for _, test := range []struct {
		file    string
		content []byte
		name    string // of the set, or
		err     string // a part of the error
	}{
		{"mine.safetensors", data, "mine", ""},
		{"Some Name (1).pth", data, "Some_Name_1_", ""},
		{"resnet18_tiny.safetensors", data, "", "called like the set resnet18_tiny"},
		{"renamed.safetensors", builtinFile(t, BuiltinName), "resnet18_tiny", ""},
		{"resnet50-11ad3fa6.pth", data, "", "named like resnet50.tv2_in1k, but its sha256 is " + digestOf(data)},
		{"resnet50d_ra2-464e36ba.pth", data, "", "named like resnet50d.ra2_in1k, but its sha256"},
		{"model.safetensors", data, "model", ""},
		{"notes.txt", []byte("no checkpoint at all, by any means"), "", "the file was not kept"},
		{"empty.safetensors", []byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"), "", "it holds no tensor"},
		{"page.pth", []byte("<html><body>404"), "", "the file was not kept"},
	} {
		path := filepath.Join(t.TempDir(), test.file)
		if err := os.WriteFile(path, test.content, 0o600); err != nil {
			t.Fatal(err)
		}
		p := impatient(t)
		e, err := p.Add(t.Context(), path)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got %v, want …%s…", test.file, err, test.err)
			}
			if left := p.Cache.leftOver("add"); len(left) > 0 {
				t.Errorf("%s: left over: %v", test.file, left)
			}
			continue
		}
		if err != nil || e.Name != test.name || e.SHA256 != digestOf(test.content) || e.From != path {
			t.Errorf("%s: %+v, %v", test.file, e, err)
			continue
		}
		if info, err := os.Stat(e.Path); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: %v, %v", test.file, info, err)
		}
		found, err := p.Resolve(t.Context(), test.name, false)
		if err != nil || !found.Builtin() && found.Path != e.Path {
			t.Errorf("%s: resolved as %+v, %v", test.file, found, err)
		}
	}
}

// TestAddKeepsOthers: another file of the same name takes no set's place; the same file may be added again.
func TestAddKeepsOthers(t *testing.T) {
	first, second := payload(1000, 1), payload(1000, 2)
	p := impatient(t)
	add := func(file string, content []byte) error {
		path := filepath.Join(t.TempDir(), file)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := p.Add(t.Context(), path)
		return err
	}
	if err := errors.Join(add("net.pth", first), add("net.pth", first)); err != nil {
		t.Fatal(err)
	}
	kept := p.Cache.weights("net.pth")
	for _, file := range []string{"net.pth", "NET.safetensors"} {
		if err := add(file, second); err == nil || !strings.Contains(err.Error(), "there is another set called net; rename the file, or first: resnet weights rm net") {
			t.Errorf("%s: got %v", file, err)
		}
	}
	if err := os.Remove(recordPath(kept)); err != nil { // as in a folder that is a user's
		t.Fatal(err)
	}
	if err := add("net.pth", second); err == nil || !strings.Contains(err.Error(), "another set called net") {
		t.Errorf("without a record: got %v", err)
	}
	if digest, _, err := hashFile(kept, nil); err != nil || digest != digestOf(first) {
		t.Errorf("%s is another file now, %v", kept, err)
	}
}

func TestAddRefusesDirectories(t *testing.T) {
	if _, err := impatient(t).Add(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got %v", err)
	}
}

// Two addresses that end alike are two sets.
func TestSetAt(t *testing.T) {
	data := payload(1000, 1)
	first := newScript(t, whole(data, ""))
	p := impatient(t)
	names := map[string]bool{}
	for _, address := range []string{first.URL + "/a/model.safetensors?download=true", first.URL + "/b/model.safetensors", first.URL + "/a/model.safetensors?download=true"} {
		s, err := p.Cache.SetAt(address)
		if err != nil {
			t.Fatal(err)
		}
		names[s.Name] = true
		if _, err := p.Pull(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if len(names) != 2 || first.requests.Load() != 2 {
		t.Errorf("names %v, %d downloads", names, first.requests.Load())
	}
	for address, want := range map[string]string{
		"https://huggingface.co/timm/resnet26.bt_in1k/resolve/main/model.safetensors": "timm_resnet26.bt_in1k",
		"https://example.org/":                                      "",
		"http://example.org/x":                                      "",
		"https://me:secret@example.org/x.pth":                       "",
		"https://download.pytorch.org/models/resnet50-11ad3fa6.pth": "resnet50.tv2_in1k",
		"https://example.org/resnet50.pth":                          "resnet50-64c62811",
		"https://example.org/..%2f..%2fetc.pth":                     "etc",
	} {
		s, err := p.Cache.SetAt(address)
		if (err == nil) != (want != "") || err == nil && s.Name != want {
			t.Errorf("%s: %q, %v; want %q", address, s.Name, err, want)
		}
	}
}
