package batch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"resnet/internal/nets"
)

// childVariable makes the test's own binary a process that computes a job and that an image may end.
const childVariable = "RESNET_BATCH_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		waitPause = 10 * time.Millisecond
		os.Exit(m.Run())
	}
	if err := child(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

// child computes the job of a folder, or with two more arguments tries a shard from an image on.
func child(args []string) error {
	w := &world{dir: args[0]}
	j, err := Read(w.path("job"), "job")
	if err != nil {
		return err
	}
	r := w.runner(j)
	r.Compute = func(ctx context.Context, im *nets.Image) (*Result, error) {
		name := im.Name
		result, err := compute(ctx, im)
		if err == nil && strings.HasPrefix(result.Predictions[0].Label, "ends") {
			fmt.Fprintln(os.Stderr, name, "ends the process")
			os.Exit(9)
		}
		return result, err
	}
	if len(args) == 1 {
		_, err := r.Run(context.Background())
		return err
	}
	shard, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	from, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	return r.Try(context.Background(), shard, from, os.Stdout)
}

func (w *world) child(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{w.dir}, args...)...)
	cmd.Env = append(os.Environ(), childVariable+"=1")
	return cmd
}

// TestCrash: images that end the process are found after the second time, and are all that is lost.
func TestCrash(t *testing.T) {
	w := newWorld(t)
	w.images(20)
	w.file("in/0/006.png", "ends the process")
	w.file("in/0/008.png", "ends the process, too")
	if err := w.open("job", w.request("in")).Close(); err != nil {
		t.Fatal(err)
	}
	for range mostCrashes {
		if out, err := w.child(t.Context()).CombinedOutput(); err == nil || !strings.Contains(string(out), "006.png ends the process") && !strings.Contains(string(out), "008.png ends the process") {
			t.Fatalf("%v: %s", err, out)
		}
	}
	j := w.open("job", w.request("in"))
	defer j.Close()
	r := w.runner(j)
	tries := 0
	r.Child = func(ctx context.Context, shard, from int) *exec.Cmd {
		tries++
		return w.child(ctx, strconv.Itoa(shard), strconv.Itoa(from))
	}
	totals, err := r.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if totals.Failed != 2+3 || totals.Done != totals.Shards {
		t.Errorf("%+v", totals)
	}
	if tries < 5 || tries > 5+2 { // two for each image and one for the rest, and one for each other shard that ran beside
		t.Errorf("%d processes", tries)
	}
	w.wantWhole("job")
	got := w.results("job")["quarantine/part-00000-of-00004.ndjson"] + w.results("job")["quarantine/part-00001-of-00004.ndjson"]
	for _, name := range []string{"in/0/006.png", "in/0/008.png"} {
		if !strings.Contains(got, `{"file":"`+name+`","error":{"class":"crashed","message":"ended the process that computed it, several times (exit status 9)"}}`) {
			t.Errorf("%s is not in quarantine:\n%s", name, got)
		}
	}
}
