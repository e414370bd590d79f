package cli

import (
	"os"
	"path/filepath"
	"testing"
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
