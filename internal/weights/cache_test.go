package weights

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pulled is a cache that a set was downloaded into.
func pulled(t *testing.T, s Set, data []byte) (*Puller, Set, *Entry) {
	t.Helper()
	server := newScript(t, whole(data, ""))
	p := impatient(t)
	s.URL = server.URL + "/x.pth"
	e, err := p.Pull(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return p, s, e
}

func TestCacheNoticesChanges(t *testing.T) {
	data := payload(1000, 1)
	other := payload(1000, 2)
	for _, test := range []struct {
		name    string
		change  func(e *Entry) error
		damaged bool // Get says so
		verify  bool // only Verify can tell
	}{
		{"untouched", func(*Entry) error { return nil }, false, false},
		{"written again", func(e *Entry) error { return os.WriteFile(e.Path, data, 0o644) }, false, false},
		{"the clock was wrong", func(e *Entry) error { return os.Chtimes(e.Path, time.Now(), time.Now().Add(time.Hour)) }, false, false},
		{"the record is gone", func(e *Entry) error { return os.Remove(recordPath(e.Path)) }, false, false},
		{"the record is garbage", func(e *Entry) error { return os.WriteFile(recordPath(e.Path), []byte("{"), 0o644) }, false, false},
		{"other content", func(e *Entry) error { return os.WriteFile(e.Path, other, 0o644) }, true, true},
		{"cut short", func(e *Entry) error { return os.Truncate(e.Path, 100) }, true, true},
		{"other content, and no record", func(e *Entry) error {
			return errors.Join(os.WriteFile(e.Path, other, 0o644), os.Remove(recordPath(e.Path)))
		}, true, false},
		{"bits that rotted", func(e *Entry) error {
			return errors.Join(os.WriteFile(e.Path, other, 0o644), os.Chtimes(e.Path, e.ModTime, e.ModTime))
		}, false, true},
	} {
		for _, known := range []bool{true, false} {
			t.Run(test.name, func(t *testing.T) {
				s := Set{Name: "test", Source: "somebody"}
				if known {
					s.SHA256 = digestOf(data)
				}
				p, s, e := pulled(t, s, data)
				if err := test.change(e); err != nil {
					t.Fatal(err)
				}
				_, err := p.Cache.Get(s)
				var damaged *DamagedError
				if errors.As(err, &damaged) != test.damaged || !test.damaged && err != nil {
					t.Errorf("Get: %v, want damaged: %v", err, test.damaged)
				}
				if err := p.Cache.Verify(e, nil); errors.As(err, &damaged) != (test.damaged || test.verify) {
					t.Errorf("Verify: %v", err)
				}
				if test.damaged { // a pull mends it
					if e, err := p.Pull(t.Context(), s); err != nil {
						t.Error(err)
					} else {
						checkEntry(t, p.Cache, s, e, data)
					}
				}
			})
		}
	}
}

func TestFirstDownloadDecides(t *testing.T) {
	data, other := payload(1000, 1), payload(1000, 2)
	server := newScript(t, whole(data, ""), whole(other, ""))
	p := impatient(t)
	s := Set{Name: "test", Source: "somebody", URL: server.URL + "/x.pth"}
	e, err := p.Pull(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Cache.Remove(e); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Pull(t.Context(), s); err == nil || !strings.Contains(err.Error(), "want "+digestOf(data)) {
		t.Errorf("got %v", err)
	}
}

func TestReadOnlyCacheServes(t *testing.T) {
	data := payload(1000, 1)
	p, s, e := pulled(t, Set{Name: "test", SHA256: digestOf(payload(1000, 1))}, data)
	for _, dir := range []string{"weights", "partial", "locks", "."} {
		dir = filepath.Join(p.Cache.Dir, dir)
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(dir, 0o755)
	}
	e.Touch()
	checkEntry(t, p.Cache, s, e, data)
	if os.Getuid() == 0 {
		return // root writes anywhere
	}
	if _, err := p.Pull(t.Context(), Set{Name: "other", URL: s.URL}); err == nil || !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
}

func TestCacheThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	p := &Puller{Cache: &Cache{Dir: file}}
	_, err := p.Pull(t.Context(), Set{Name: "test", URL: "https://example.invalid/x"})
	if err == nil || !strings.Contains(err.Error(), "the cache can't be written: ") {
		t.Errorf("got %v", err)
	}
	if entries, err := p.Cache.List(); len(entries) > 0 || err == nil {
		t.Errorf("list: %v, %v", entries, err)
	}
}

func TestSymlinkedCache(t *testing.T) {
	data := payload(1000, 1)
	p, s, _ := pulled(t, Set{Name: "test", SHA256: digestOf(data)}, data)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(p.Cache.Dir, link); err != nil {
		t.Skip(err)
	}
	if _, err := (&Cache{Dir: link}).Get(s); err != nil {
		t.Error(err)
	}
}

func TestCacheDir(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for _, test := range []struct{ cache, xdg, want string }{
		{"/a", "/b", "/a"},
		{"", "/b", "/b/resnet"},
		{"", "relative", ""},
	} {
		got, err := CacheDir(func(name string) string {
			return map[string]string{"RESNET_CACHE": test.cache, "XDG_CACHE_HOME": test.xdg}[name]
		})
		if err != nil || test.want != "" && got != filepath.FromSlash(test.want) || !filepath.IsAbs(got) {
			t.Errorf("%+v: %s, %v", test, got, err)
		}
	}
}

func TestUnused(t *testing.T) {
	data := payload(1000, 1)
	p, _, e := pulled(t, Set{Name: "test", SHA256: digestOf(data)}, data)
	old := time.Now().Add(-48 * time.Hour)
	known, ok := Find("resnet50")
	if !ok {
		t.Fatal("no resnet50")
	}
	record := `{"name": "gone", "sha256": "` + digestOf(data) + `"}`
	for name, text := range map[string]string{
		"weights/" + known.fileName(): "", "weights/gone.pth.json": record,
		"partial/x~1-2.partial": "", "partial/x~1-2.partial.json": "", "weights/new.pth": "", "partial/new~1-2.partial": "",
		"weights/mine.pth": "a user's own", "weights/mine.pth.json": `{"lr": 0.1}`, "weights/yours.pth": "", "partial/thesis.partial": "", // in a folder that RESNET_CACHE names
	} {
		path := filepath.Join(p.Cache.Dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(name, "new") {
			os.Chtimes(path, old, old)
		}
	}
	unused := func() string {
		files, err := p.Cache.Unused(time.Now().Add(-24 * time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range files {
			files[i] = filepath.Base(f)
		}
		return strings.Join(files, " ")
	}
	if got, want := unused(), "gone.pth.json "+known.fileName()+" x~1-2.partial x~1-2.partial.json"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	os.Chtimes(recordPath(e.Path), old, old)
	if got, want := unused(), "test.pth gone.pth.json "+known.fileName()+" x~1-2.partial x~1-2.partial.json"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	e.Touch()
	if got := unused(); strings.Contains(got, "test.pth") {
		t.Errorf("used just now, and yet in %s", got)
	}
}
