package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"resnet/internal/cli"
)

// TestMain makes the test's own binary the program, where a cluster starts it.
func TestMain(m *testing.M) {
	if _, ok := bootOf(os.Args[1:]); ok {
		main()
	}
	os.Exit(m.Run())
}

// serve starts Beam's own runner, which starts workers as processes.
func serve(t *testing.T) (address string) {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	if _, err := prism.CreateJobServer(t.Context(), prism.Options{Port: port}); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// photos are n small pictures, two of them broken.
func photos(t *testing.T, n int) {
	t.Helper()
	if err := os.Mkdir("photos", 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		picture := image.NewGray(image.Rect(0, 0, 32, 32))
		for at := range picture.Pix {
			picture.SetGray(at%32, at/32, color.Gray{Y: uint8(at * (i + 1) / 4)})
		}
		var data bytes.Buffer
		if err := png.Encode(&data, picture); err != nil {
			t.Fatal(err)
		}
		if i%20 == 7 {
			data.Truncate(40)
		}
		if err := os.WriteFile(fmt.Sprintf("photos/%03d.png", i), data.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// run is a command line of the program.
func run(t *testing.T, wantCode int, wantText string, args ...string) {
	t.Helper()
	var said bytes.Buffer
	if code := start(args, nil, &said, &said); code != wantCode || !strings.Contains(said.String(), wantText) {
		t.Errorf("resnet-beam %s: exit code %d, want %d, and %q in\n%s", strings.Join(args, " "), code, wantCode, wantText, &said)
	}
}

// results are the files of a job that are the same wherever it was computed.
func results(t *testing.T, job string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"out/*", "quarantine/*", "leases/*", "_SUCCESS"} {
		names, err := filepath.Glob(filepath.Join(job, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rel, _ := filepath.Rel(job, name)
			found[rel] = string(text)
		}
	}
	return found
}

// verify wants a job to be whole, and the same as the local one, byte for byte.
func verify(t *testing.T, job, local string, files int) {
	t.Helper()
	got, want := results(t, job), results(t, local)
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s: %s\nwant\n%s", name, got[name], want[name])
		}
	}
	if len(want) != files || len(got) != files {
		t.Errorf("%d and %d files, want %d", len(got), len(want), files)
	}
	if code := cli.Main([]string{"batch", "verify", job}, nil, &bytes.Buffer{}, os.Stderr); code != 0 {
		t.Error("batch verify: exit code", code)
	}
}

// TestCluster: a job of 50 images on workers that are processes is the local one, of labels and vectors; what is lost is computed
// again, and a job that is done goes to no cluster.
func TestCluster(t *testing.T) {
	t.Chdir(t.TempDir())
	photos(t, 50)
	server := serve(t)
	line := []string{"photos", "--shards", "7", "--threads", "1"}
	for _, command := range []string{"features", "classify"} {
		local := append([]string{"batch", command, "-o", "local-" + command}, line...)
		if code := cli.Main(local, nil, &bytes.Buffer{}, os.Stderr); code != 1 {
			t.Fatal("the local job: exit code", code)
		}
	}
	run(t, 1, "47 written, 3 failed (in vectors/quarantine)", append([]string{"features", "-o", "vectors", "--job-server", server}, line...)...)
	verify(t, "vectors", "local-features", 7+3+1)
	cluster := append([]string{"classify", "-o", "job", "--job-server", server}, line...)
	run(t, 1, "47 labelled, 3 failed (in job/quarantine)", cluster...)
	verify(t, "job", "local-classify", 7+3+1)

	if err := os.Remove("job/out/part-00003-of-00007.parquet"); err != nil {
		t.Fatal(err)
	}
	run(t, 1, "47 labelled", cluster...)
	verify(t, "job", "local-classify", 7+3+1)
	nobody := append(cluster[:len(cluster):len(cluster)], "--job-server", "127.0.0.1:1")
	run(t, 1, "47 labelled", nobody...)
	run(t, 2, "start one, or say where it is by --job-server", append(nobody, "-o", "other")...)

	// A worker that would compute something else refuses, and whoever has submitted the job is told why.
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	other := &submission{jobServer: server}
	pipeline, err := other.marshal(t.Context(), newPipeline(command{dir, append(cluster, "--top", "3")}, []int{0}))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.submit(t.Context(), pipeline); err == nil || !strings.Contains(err.Error(), "top: planned 1, now 3") {
		t.Error(err)
	}
}

// TestIdle: a worker whom nobody asks lets go of the job, and opens it again for who asks later.
func TestIdle(t *testing.T) {
	t.Chdir(t.TempDir())
	photos(t, 2)
	idle = 20 * time.Millisecond
	defer func() { idle = time.Minute }()
	args := []string{"classify", "photos", "-o", "job"}
	if code := cli.Main(append([]string{"batch"}, args...), nil, &bytes.Buffer{}, os.Stderr); code != 0 {
		t.Fatal("the local job: exit code", code)
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	defer closeWorkers()
	job := command{dir, args}
	for range 2 {
		if err := job.with(func(job cli.Shards) error { return job.Shard(t.Context(), 0) }); err != nil {
			t.Fatal(err)
		}
		workers.Lock()
		w := workers.of[job.key()]
		workers.Unlock()
		if w != nil {
			<-w.ended
		}
		if code := cli.Main(append([]string{"batch"}, args...), nil, &bytes.Buffer{}, os.Stderr); code != 0 { // which wants it for itself
			t.Error("the local job: exit code", code)
		}
		if left, err := os.ReadDir("job/leases"); err != nil || len(left) > 0 {
			t.Errorf("%v, %v", left, err)
		}
	}
	if err := (command{dir + "/gone", args}).with(cli.Shards.Finish); err == nil || !strings.Contains(err.Error(), "working directory must be there on every machine") {
		t.Error(err)
	}
}

func TestBoot(t *testing.T) {
	for args, want := range map[string]boot{
		"--id=1-1 --provision_endpoint=localhost:7":     {"1-1", "localhost:7"},
		"--id='job_1' --provision_endpoint=localhost:7": {"job_1", "localhost:7"},
		"classify photos -o job":                        {},
		"--id=1-1":                                      {id: "1-1"},
	} {
		got, ok := bootOf(strings.Fields(args))
		if got != want || ok != (want.provision != "") {
			t.Errorf("%s: %+v, %v", args, got, ok)
		}
	}
}
