package batch

import (
	"archive/tar"
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// tarOf is a tar of texts.
func tarOf(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		header := &tar.Header{Name: files[i], Typeflag: tar.TypeReg, Mode: 0o666, Size: int64(len(files[i+1])), ModTime: time.Unix(1, 0)}
		if strings.HasSuffix(files[i], "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSources: images in folders, tars and lists, each once, whatever names them.
func TestSources(t *testing.T) {
	w := newWorld(t)
	w.file("in/b/2.png", "two")
	w.file("in/a.png", "one")
	w.file("in/.hidden.png", "hidden")
	w.file("in/note.txt", "no image")
	w.file("t/shard-0.tar", tarOf(t, "x/", "", "x/1.jpg", "member one", "x/1.cls", "3", "../2.jpg", strings.Repeat("2", 600), "x/3.png", "bad"))
	w.file("t/folder.tar/in.png", "in a folder")
	w.file("list.txt", "in/a.png\n\nt/shard-0.tar\nin/../in/gone.png\n")
	r := w.request("in", "in/a.png", "list.txt", "t/folder.tar", "t/shard-0.tar")
	r.Shards = 1
	totals := w.run("job", r)
	if totals.Images != 7 || totals.Failed != 2 {
		t.Errorf("%+v", totals)
	}
	if got := r.Sources.Skipped.String(); got != "4 skipped (2 .cls, 1 .txt, 1 hidden)" {
		t.Error(got)
	}
	w.wantWhole("job")
	got := w.results("job")
	want := "in/a.png=one in/b/2.png=two t/folder.tar/in.png=in a folde t/shard-0.tar/2.jpg=2222222222 t/shard-0.tar/x/1.jpg=member one"
	if names := w.labels("job"); names != want {
		t.Errorf("got  %s\nwant %s", names, want)
	}
	for _, want := range []string{`"in/gone.png","error":{"class":"io"`, `"t/shard-0.tar/x/3.png","error":{"class":"corrupt"`} {
		if !strings.Contains(got["quarantine/part-00000-of-00001.ndjson"], want) {
			t.Errorf("no %s in %s", want, got["quarantine/part-00000-of-00001.ndjson"])
		}
	}
}

// TestTarNames: a tar holds what is there once it is unpacked: links are images, and of several members of one name the last is.
func TestTarNames(t *testing.T) {
	w := newWorld(t)
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, m := range []struct {
		kind             byte
		name, link, text string
	}{
		{tar.TypeReg, "a.jpg", "", "first"},
		{tar.TypeReg, "blob", "", "data"},
		{tar.TypeLink, "hard.jpg", "blob", ""},
		{tar.TypeSymlink, "x/soft.jpg", "../hard.jpg", ""},
		{tar.TypeSymlink, "out.jpg", "/etc/passwd", ""},
		{tar.TypeReg, "b.jpg", "", "other"},
		{tar.TypeReg, "a.jpg", "", "last"},
	} {
		if err := tw.WriteHeader(&tar.Header{Typeflag: m.kind, Name: m.name, Linkname: m.link, Size: int64(len(m.text)), Mode: 0o666}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(m.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	w.file("in.tar", b.String())
	r := w.request("in.tar")
	r.Shards = 1
	w.run("job", r)
	w.wantWhole("job")
	if got := r.Sources.Skipped.String(); got != "2 skipped (1 linked elsewhere, 1 other)" {
		t.Error(got)
	}
	if got, want := w.labels("job"), "in.tar/a.jpg=last in.tar/b.jpg=other in.tar/hard.jpg=data in.tar/x/soft.jpg=data"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// labels are the names and the labels in the one part of a job.
func (w *world) labels(job string) string {
	var names []string
	for line := range strings.Lines(w.results(job)["out/part-00000-of-00001.ndjson"]) {
		_, rest, _ := strings.Cut(line, `"file":"`)
		name, rest, _ := strings.Cut(rest, `"`)
		_, rest, _ = strings.Cut(rest, `"label":"`)
		label, _, _ := strings.Cut(rest, `"`)
		names = append(names, name+"="+label[:min(10, len(label))])
	}
	return strings.Join(names, " ")
}

// TestSourceErrors: what can't be listed is an error before anything is computed.
func TestSourceErrors(t *testing.T) {
	w := newWorld(t)
	whole := tarOf(t, "1.png", strings.Repeat("1", 2000), "2.png", "two")
	w.file("cut.tar", whole[:1800])
	w.file("other.tar", strings.Repeat("no tar ", 200))
	w.file("data.bin", "a\x00b")
	w.file("list", "1.png\nother.tar\n")
	for name, want := range map[string]string{
		"cut.tar":   "cut.tar: unexpected EOF; mend it, or leave it out",
		"other.tar": "other.tar: archive/tar: invalid tar header; mend it",
		"data.bin":  "data.bin: neither a folder, a .tar, an image by its name, nor a list",
		"list":      "list: line 2: other.tar: archive/tar: invalid",
		"gone":      "no such file",
	} {
		if _, err := Open(t.Context(), w.path("job"), "job", w.request(name)); err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "The system cannot find the file specified.", "no such file"), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// TestChanged: an image that is not as it was when the job was planned is no result of the job.
func TestChanged(t *testing.T) {
	w := newWorld(t)
	w.images(10)
	j := w.open("job", w.request("in"))
	defer j.Close()
	w.file("in/0/000.png", "another text")
	os.Remove(w.path("in/0/002.png"))
	totals, err := w.runner(j).Run(t.Context())
	if err != nil || totals.Failed != 2+1 {
		t.Errorf("%+v, %v", totals, err)
	}
	got := w.results("job")["quarantine/part-00000-of-00004.ndjson"]
	for _, want := range []string{`000.png","error":{"class":"io","message":"the file has another size or time`, `002.png","error":{"class":"io"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}
