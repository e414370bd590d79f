package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/render"
)

// TestBatchPlan: a plan is what its schema says, of labels and vectors.
func TestBatchPlan(t *testing.T) {
	w := newWorld(t)
	w.image("photos/a.png", 64, 64, 1)
	w.image("photos/b.png", 64, 64, 2)
	for _, args := range [][]string{
		{"batch", "classify", "photos", "-o", "one"},
		{"batch", "classify", "photos", "-o", "all", "--top", "all", "--exif", "ignore", "--exact", "-f", "ndjson.gz"},
		{"batch", "features", "photos", "-o", "vectors", "--layer", "layer2", "--pool", "max"},
	} {
		w.expect(0, "", "", args...)
		plan, err := os.ReadFile(filepath.Join(w.dir, args[4], "plan.json"))
		if err != nil {
			t.Fatal(err)
		}
		w.out.Reset()
		w.out.Write(plan)
		w.valid("batch-plan.v1.json")
	}
}

// TestBatchLook: what is told of a job as JSON is what its schema says, whether or not all is well.
func TestBatchLook(t *testing.T) {
	w := newWorld(t)
	w.image("photos/a.png", 64, 64, 1)
	w.file("photos/b.png", "no picture")
	w.expect(1, "", "1 labelled, 1 failed", "batch", "classify", "photos", "-o", "job")
	w.expect(0, "\"images_done\":2,\n \"failed\":1,", "", "batch", "status", "job", "--format", "json")
	w.valid("batch-status.v1.json")
	w.expect(0, "\"ok\":true,\n \"faults_found\":0,", "", "batch", "verify", "job", "-f", "json")
	w.valid("batch-verify.v1.json")
	if err := os.Remove(filepath.Join(w.dir, "job/out/part-00000-of-00001.parquet")); err != nil {
		t.Fatal(err)
	}
	w.expect(1, "\"ok\":false,\n \"faults_found\":1,", "no such file or directory\n", "batch", "verify", "job", "-f", "json")
	w.valid("batch-verify.v1.json")
	w.expect(1, "", "part-00000-of-00001.parquet: no such file", "batch", "verify", "job", "-o", "told.txt")
	if _, err := os.Stat(filepath.Join(w.dir, "told.txt")); err == nil {
		t.Error("a job with faults is said to be right")
	}
}

// TestBatchTry is what the process says that looks for an image that ends it.
func TestBatchTry(t *testing.T) {
	w := newWorld(t)
	for i, name := range []string{"photos/a.png", "photos/b.png", "photos/c.png"} {
		w.image(name, 64, 64, i)
	}
	line := []string{"batch", "classify", "photos", "-o", "job"}
	w.expect(0, "", "", line...)
	w.expect(0, "1\n2\ndone\n", "", append([]string{"--try=0:1"}, line...)...)
	w.expect(2, "", "job has no shard 7", append([]string{"--try=7:0"}, line...)...)
	w.expect(2, "", "want SHARD:IMAGE", append([]string{"--try=x"}, line...)...)
}

// TestBatchLeft: a job is said to be left where it is.
func TestBatchLeft(t *testing.T) {
	for left, want := range map[int]string{
		0: "begun     3 shards\n", 1: "begun     3 shards, 1 of them by processes that have ended\n",
		3: "begun     3 shards, but nobody computes any more: the same command goes on\n",
	} {
		if text := statusText(render.BatchStatus{Images: 5, Shards: 3, Begun: 3, Left: left}); !strings.HasSuffix(text, want) {
			t.Errorf("%d: %q", left, text)
		}
	}
}
