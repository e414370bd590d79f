package batch

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// rows is a manifest of n shards.
func rows(tb testing.TB, n int) []byte {
	tb.Helper()
	var b bytes.Buffer
	sum := strings.Repeat("0123456789abcdef", 4)
	for shard := range n {
		at := time.Unix(1_700_000_000, int64(shard)*1e6).UTC()
		line, err := json.Marshal(Row{
			Shard: shard, Images: 1000, Failed: shard % 3, Bytes: 160_000, SHA256: sum, Quarantine: sum, Contents: sum, Started: at, Ended: at, Worker: "machine-12345-ABCDEF",
		})
		if err != nil {
			tb.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	return b.Bytes()
}

// TestFollow: a manifest is read as it grows, up to its last whole line, and the last line of a shard holds.
func TestFollow(t *testing.T) {
	w := newWorld(t)
	text := string(rows(t, 3))
	m := &manifest{path: w.path("manifest.jsonl"), shards: make([]state, 3)}
	done := func(want ...bool) {
		t.Helper()
		if err := m.follow(); err != nil {
			t.Fatal(err)
		}
		for shard, want := range want {
			if m.shards[shard].done != want {
				t.Errorf("shard %d: %v, want %v", shard, m.shards[shard].done, want)
			}
		}
	}
	done(false, false, false) // no file yet
	w.file("manifest.jsonl", text[:len(text)-10])
	done(true, true, false)
	w.file("manifest.jsonl", text)
	done(true, true, true)
	open, err := json.Marshal(Row{Shard: 1, Open: true})
	if err != nil {
		t.Fatal(err)
	}
	w.file("manifest.jsonl", text+string(open)+"\n")
	done(true, false, true)
	if row, err := m.row(2); err != nil || row.Failed != 2 {
		t.Errorf("%+v, %v", row, err)
	}
}

// TestParseHead: the quick reading of a row is the same as that of JSON.
func TestParseHead(t *testing.T) {
	for _, row := range []Row{
		{Shard: 3, Images: 1000, Bytes: 7, SHA256: "x"}, {Shard: 0, Images: 1, Failed: 1, NonFinite: 1},
		{Shard: 1 << 30, Images: 1 << 30, Failed: 5, NonFinite: 12, Bytes: 1 << 50, Quarantine: "y"},
	} {
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		shard, s, ok := parseHead(append(line, '\n'))
		if want := (state{done: true, images: row.Images, failed: row.Failed, nonFinite: row.NonFinite, bytes: row.Bytes}); !ok || int(shard) != row.Shard || s != want {
			t.Errorf("%s: shard %d, %+v, %v", line, shard, s, ok)
		}
	}
	for _, line := range []string{
		"", "\n", "null\n", "{}\n", `{"shard":1,"images":1,"failed":0,"bytes":1}`, `{"shard":1,"images":1,"failed":0,"bytes":-1}` + "\n",
		`{"shard":-1,"images":1,"failed":0,"bytes":1}` + "\n", `{"shard":1,"images":1,"failed":2,"bytes":1}` + "\n",
		`{"shard":1,"images":0,"failed":0,"bytes":1}` + "\n", `{"shard":1,"images":1}` + "\n",
		`{"shard":9999999999999999999999,"images":1,"failed":0,"bytes":1}` + "\n",
	} {
		if shard, s, ok := parseHead([]byte(line)); ok {
			t.Errorf("%q is shard %d, %+v", line, shard, s)
		}
	}
}

// BenchmarkFollow reads a manifest of a million shards.
func BenchmarkFollow(b *testing.B) {
	const shards = 1_000_000
	path := b.TempDir() + "/manifest.jsonl"
	if err := os.WriteFile(path, rows(b, shards), 0o666); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m := &manifest{path: path, shards: make([]state, shards)}
		if err := m.follow(); err != nil || !m.shards[shards-1].done || m.damaged > 0 {
			b.Fatal(err, m.damaged)
		}
	}
}

// TestCutPart: a part of another size than it was written with is computed again, as one that is gone.
func TestCutPart(t *testing.T) {
	w := newWorld(t)
	w.images(10)
	w.run("whole", w.request("in"))
	w.run("job", w.request("in"))
	if err := os.Truncate(w.path("job/out/part-00001-of-00004.ndjson"), 5); err != nil {
		t.Fatal(err)
	}
	j, err := Read(w.path("job"), "job")
	if err != nil {
		t.Fatal(err)
	}
	s, err := j.Status()
	if err != nil || s.Done != 3 || s.Reopened != 1 || s.Complete {
		t.Errorf("%+v, %v", s, err)
	}
	if faults := w.faults("job"); len(faults) != 1 || !strings.HasSuffix(faults[0], "delete part-00001-of-00004.ndjson, and the job's command computes the shard again") {
		t.Errorf("faults %q", faults)
	}
	w.run("job", w.request("in"))
	w.wantSame("job", "whole")
	w.wantWhole("job")
}

// TestVerifyAll: what of a job is not as it was written is a fault, in its manifest and its plan as well.
func TestVerifyAll(t *testing.T) {
	w := newWorld(t)
	w.images(10)
	for want, spoil := range map[string]func(){
		"lines that can't be read, or are of no shard of the job: 2": func() {
			text, _ := os.ReadFile(w.path("job/manifest.jsonl"))
			first, _, _ := strings.Cut(string(text), "\n")
			w.file("job/manifest.jsonl", string(text)+strings.Replace(first, `"shard":0`, `"shard":99`, 1)+"\nnothing\n")
		},
		"plan.json: has changed since the job was done": func() {
			text, _ := os.ReadFile(w.path("job/plan.json"))
			w.file("job/plan.json", strings.Replace(string(text), `"network": ""`, `"network": "x"`, 1))
		},
	} {
		os.RemoveAll(w.path("job"))
		w.run("job", w.request("in"))
		spoil()
		if faults := w.faults("job"); len(faults) != 1 || !strings.Contains(faults[0], want) {
			t.Errorf("faults %q, want %s", faults, want)
		}
	}
}
