package batch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHostile: whatever somebody has put into a job is told, and read no further.
func TestHostile(t *testing.T) {
	w := newWorld(t)
	w.images(30)
	w.run("good", w.request("in"))
	read := func(name string) string {
		text, err := os.ReadFile(w.path("good/" + name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	plan, manifest, part := read("plan.json"), read("manifest.jsonl"), read("out/part-00000-of-00004.ndjson")
	index := read("inputs/1.index")
	// forged is the manifest with another part's digest and length.
	forged := func(text string) string {
		var lines []string
		for line := range strings.Lines(manifest) {
			var row Row
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatal(err)
			}
			if row.Shard == 0 {
				sum := sha256.Sum256([]byte(text))
				row.SHA256, row.Bytes = hex.EncodeToString(sum[:]), int64(len(text))
			}
			again, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, string(again)+"\n")
		}
		return strings.Join(lines, "")
	}
	const name = "out/part-00000-of-00004.ndjson"
	first, rest, _ := strings.Cut(part, "\n")
	for title, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"no plan":             {map[string]string{"plan.json": ""}, "plan.json: unexpected end of JSON input"},
		"another schema":      {map[string]string{"plan.json": strings.Replace(plan, "plan/v1", "plan/v9", 1)}, `is "resnet.batch-plan/v9", and`},
		"a format of ours no": {map[string]string{"plan.json": strings.Replace(plan, `"ndjson"`, `"../x"`, 1)}, "which are not known here"},
		"too many shards":     {map[string]string{"plan.json": strings.Replace(plan, `"shards": 4`, `"shards": 4000000`, 1)}, "has inputs that cannot be"},
		"many images":         {map[string]string{"plan.json": strings.Replace(strings.Replace(plan, `"images": 30`, `"images": 99999999999`, 1), `"shards": 4`, `"shards": 999999999`, 1)}, "1.index: is not as the plan has it"},
		"another index":       {map[string]string{"inputs/1.index": strings.Replace(index, "000008", "000007", 1)}, "1.index: is not as the plan has it"},
		"other inputs":        {map[string]string{"inputs/1.tsv": strings.Replace(read("inputs/1.tsv"), "000.png", "xxx.png", 1)}, "1.tsv: is not as it was when the job was planned"},
		"inputs cut":          {map[string]string{"inputs/1.tsv": read("inputs/1.tsv")[:100]}, "1.tsv: "},
		"a long line":         {map[string]string{"manifest.jsonl": manifest + strings.Repeat("x", mostRow+1) + "\n"}, "a line of more than"},
		"no rows":             {map[string]string{"manifest.jsonl": "null\n[]\n{}\n{\"shard\":99,\"images\":1,\"failed\":0,\"bytes\":0}\n"}, "shard 0: is not done"},
		"other counts":        {map[string]string{"manifest.jsonl": strings.ReplaceAll(manifest, `"images":8`, `"images":9`)}, "has 9 images, 1 failed, and it has 8"},
		"odd counts":          {map[string]string{"manifest.jsonl": strings.ReplaceAll(manifest, `"failed":1`, `"failed":-1`)}, "shard 0: is not done"},
		"another part":        {map[string]string{name: part + "\n"}, "the manifest says"},
		"another byte":        {map[string]string{name: strings.Replace(part, "image", "imagE", 1)}, "another digest than the manifest says"},
		"twice":               {map[string]string{name: first + "\n" + part, "manifest.jsonl": forged(first + "\n" + part)}, "has no result of in/0/002.png"},
		"missing":             {map[string]string{name: rest, "manifest.jsonl": forged(rest)}, "has no result of in/0/000.png"},
		"too many":            {map[string]string{name: part + first + "\n", "manifest.jsonl": forged(part + first + "\n")}, "has in/0/000.png once too often"},
		"half a line":         {map[string]string{name: part[:len(part)-1], "manifest.jsonl": forged(part[:len(part)-1])}, "unexpected EOF"},
		"no JSON":             {map[string]string{name: "x\n", "manifest.jsonl": forged("x\n")}, "is no result"},
		"an odd part":         {map[string]string{"out/part-00009-of-00004.ndjson": "x"}, "is no part of the job"},
		"odd quarantine":      {map[string]string{"quarantine/part-00003-of-00004.ndjson": "x"}, "part-00003-of-00004.ndjson: "},
		"success alone":       {map[string]string{"_SUCCESS": `{"shards":4,"images":30,"failed":0}`}, "_SUCCESS: says something else"},
		"no success":          {map[string]string{"_SUCCESS": ""}, "_SUCCESS: "},
	} {
		job := "job-" + strings.ReplaceAll(title, " ", "-")
		if err := os.CopyFS(w.path(job), os.DirFS(w.path("good"))); err != nil {
			t.Fatal(err)
		}
		for name, text := range test.files {
			w.file(job+"/"+name, text)
		}
		if faults := strings.Join(w.faults(job), "\n"); !strings.Contains(faults, test.want) {
			t.Errorf("%s: %q, want %s", title, faults, test.want)
		}
	}
}

// TestNoRegularFile: nothing but regular files is opened.
func TestNoRegularFile(t *testing.T) {
	w := newWorld(t)
	w.images(10)
	w.run("job", w.request("in"))
	for _, name := range []string{"out/part-00000-of-00004.ndjson", "inputs/1.tsv", "manifest.jsonl", "plan.json"} {
		path := w.path("job/" + name)
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(path, 0o777); err != nil {
			t.Fatal(err)
		}
		if faults := strings.Join(w.faults("job"), "\n"); !strings.Contains(faults, filepath.Base(name)+": is no regular file") {
			t.Errorf("%s: %s", name, faults)
		}
	}
}

// TestOtherParquet: a file with other columns, one that is cut off, and one that is no Parquet are errors.
func TestOtherParquet(t *testing.T) {
	written := func(command string) []byte {
		var b bytes.Buffer
		w, err := newParquet(&b, command)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.write(&Result{File: "a.png", Vector: []float32{1, 2}}), w.close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	labels := written(Classify)
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"other columns": {written(Features), "has the columns"},
		"cut off":       {labels[:len(labels)/2], ""},
		"no Parquet":    {[]byte("file,label\n"), ""},
		"empty":         {nil, ""},
	} {
		if _, err := openParquet(bytes.NewReader(test.data), int64(len(test.data)), Classify); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := openParquet(bytes.NewReader(labels), int64(len(labels)), Classify)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.next(); err != nil || got.File != "a.png" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := r.next(); err != io.EOF {
		t.Errorf("after the last row: %v", err)
	}
	var damaged error
	func() {
		defer errorOfPanic(&damaged)
		panic("a page")
	}()
	if damaged == nil || damaged.Error() != "is damaged: a page" {
		t.Errorf("a panic of the library is %v", damaged)
	}
}
