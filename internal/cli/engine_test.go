package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestEngine: a job that an engine computes is that of `batch`, byte for byte, and its program has the same flags and exit
// codes.
func TestEngine(t *testing.T) {
	w := newWorld(t)
	for i, name := range []string{"photos/a.png", "photos/b.png", "photos/c.png"} {
		w.image(name, 64, 64, i)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "photos/d.png"), []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Chdir(w.dir)
	var said, workerSaid bytes.Buffer
	engine := Engine{Program: "engine", Flags: func(*pflag.FlagSet) {}}
	main := func(work func([]string) error, args ...string) int {
		said.Reset()
		workerSaid.Reset()
		engine.Run = func(context.Context, []int) error { return work(args) }
		return MainOn(engine, args, nil, io.Discard, &said)
	}
	line := []string{"classify", "photos", "-o", "job", "--shards", "2", "--format", "ndjson", "--top", "2"}
	all := func(args []string) error {
		Work(engine, args, &workerSaid, func(ctx context.Context, shards Shards) error {
			for i := range 2 {
				if err := shards.Shard(ctx, i); err != nil {
					return err
				}
			}
			return shards.Finish()
		})
		return nil
	}
	if code := main(func([]string) error { return nil }, line...); code != exitNothing || !strings.Contains(said.String(), "engine: job: 0 of 2 shards are done; the same command goes on") {
		t.Errorf("an engine that does nothing: exit code %d, %s", code, &said)
	}
	if code := main(all, line...); code != exitFailed || !strings.Contains(said.String(), "3 labelled, 1 failed (in job/quarantine)") || workerSaid.Len() > 0 {
		t.Errorf("exit code %d, %s%s", code, &said, &workerSaid)
	}
	w.expect(1, "", "", "batch", "classify", "photos", "-o", "own", "--shards", "2", "--format", "ndjson", "--top", "2")
	for _, name := range []string{"out/part-00000-of-00002.ndjson", "out/part-00001-of-00002.ndjson", "quarantine/part-00001-of-00002.ndjson"} {
		got, err := os.ReadFile(filepath.Join("job", name))
		want, err2 := os.ReadFile(filepath.Join("own", name))
		if err != nil || err2 != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %v\n%s\nwant\n%s", name, err, err2, got, want)
		}
	}
	w.expect(0, "all digests are right", "", "batch", "verify", "job")

	// A worker whose settings are others says what differs.
	line[3] = "other"
	t.Setenv("RESNET_EXIF", "apply")
	if code := main(func(args []string) error {
		t.Setenv("RESNET_EXIF", "ignore")
		return all(args)
	}, line...); code != exitNothing || !strings.Contains(workerSaid.String(), `exif: planned "apply", now "ignore"`) {
		t.Errorf("exit code %d, %s%s", code, &said, &workerSaid)
	}
	for _, test := range []struct{ want, args string }{
		{"unknown flag: --worker", "classify photos -o job --worker"},
		{"want a folder: a bucket must be mounted", "classify photos -o gs://bucket/job"},
		{`engine has no command "batch"`, "batch photos"},
	} {
		if code := main(nil, strings.Fields(test.args)...); code != exitNothing || !strings.Contains(said.String(), test.want) {
			t.Errorf("%s: exit code %d, %s", test.args, code, &said)
		}
	}
}
