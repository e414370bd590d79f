package weights

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// child is what a test binary does that was started as a process that pulls.
type child struct {
	Dir     string
	Set     Set
	NoLocks bool // as on a file system whose locks do nothing
}

const childVariable = "WEIGHTS_TEST_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childVariable); text != "" {
		os.Exit(runChild(text))
	}
	os.Exit(m.Run())
}

func runChild(text string) int {
	var c child
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		panic(err)
	}
	if c.NoLocks {
		tryLock = func(*flock.Flock) (bool, error) { return true, nil }
	}
	p := &Puller{Cache: &Cache{Dir: c.Dir}, Backoff: time.Millisecond}
	if _, err := p.Pull(context.Background(), c.Set); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func (c child) command(t *testing.T) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	return cmd
}

// paced serves data in pieces, so that hardly anything is on its way when a client dies, and counts what it sends.
type paced struct {
	data []byte
	sent atomic.Int64
	full atomic.Int64 // answers from the beginning
}

const piece = 64 << 10

func (p *paced) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Range") == "" {
		p.full.Add(1)
	}
	whole(p.data, `"paced"`)(&pacer{ResponseWriter: w, p: p}, r)
}

type pacer struct {
	http.ResponseWriter
	p *paced
}

func (w *pacer) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n, err := w.ResponseWriter.Write(b[done:min(len(b), done+piece)])
		done += n
		w.p.sent.Add(int64(n))
		if err != nil {
			return done, err
		}
		w.ResponseWriter.(http.Flusher).Flush()
		time.Sleep(2 * time.Millisecond)
	}
	return done, nil
}

// loops is how often a test repeats: few by default, more where the variable says so.
func loops(variable string, few int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return few
}

// TestKill9 kills downloads at random times. Whenever that is, under the set's name there is nothing or the whole file, and
// the next process goes on where the last one stopped. WEIGHTS_TEST_KILLS sets how many are killed.
func TestKill9(t *testing.T) {
	server := &paced{data: payload(4<<20, 1)}
	s := httptest.NewServer(server)
	defer s.Close()
	kills, dir := loops("WEIGHTS_TEST_KILLS", 6), t.TempDir()
	noise := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	killed, finished := 0, 0
	for killed < kills {
		c := child{Dir: filepath.Join(dir, strconv.Itoa(finished)), Set: Set{
			Name: "test", URL: s.URL + "/x.pth", SHA256: digestOf(server.data), Size: int64(len(server.data)),
		}}
		cmd := c.command(t)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(5+noise.IntN(90))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		path := filepath.Join(c.Dir, "weights", "test.pth")
		data, readErr := os.ReadFile(path)
		if readErr == nil && !bytes.Equal(data, server.data) {
			t.Fatalf("after kill %d %s has %d bytes that are wrong", killed, path, len(data))
		}
		if err == nil {
			if readErr != nil {
				t.Fatal(readErr)
			}
			finished++
			continue
		}
		killed++
	}
	if finished == 0 && killed > 30 {
		t.Error("no download ever finished: none was resumed")
	}
	again := server.sent.Load() - int64(finished)*int64(len(server.data))
	t.Logf("%d killed, %d downloads finished between; %d bytes sent again a kill", killed, finished, again/int64(max(killed, 1)))
	if most := int64(killed)*(chunk+2*piece) + int64(len(server.data)); again > most {
		t.Errorf("%d bytes were sent again for %d kills, want at most %d", again, killed, most)
	}
}

// TestManyProcesses starts processes that pull the same set at the same time. With locks one of them downloads; without,
// each may, and all are right in the end. WEIGHTS_TEST_PROCESSES sets how many.
func TestManyProcesses(t *testing.T) {
	for _, noLocks := range []bool{false, true} {
		t.Run(fmt.Sprintf("without locks %t", noLocks), func(t *testing.T) {
			server := &paced{data: payload(1<<20, 1)}
			s := httptest.NewServer(server)
			defer s.Close()
			n := loops("WEIGHTS_TEST_PROCESSES", 6)
			c := child{Dir: t.TempDir(), NoLocks: noLocks, Set: Set{Name: "test", URL: s.URL + "/x.pth", SHA256: digestOf(server.data)}}
			var running sync.WaitGroup
			for range n {
				cmd := c.command(t)
				running.Go(func() {
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("%v: %s", err, out)
					}
				})
			}
			running.Wait()
			data, err := os.ReadFile(filepath.Join(c.Dir, "weights", "test.pth"))
			if err != nil || !bytes.Equal(data, server.data) {
				t.Errorf("%d bytes, %v", len(data), err)
			}
			if left := (&Cache{Dir: c.Dir}).leftOver("test.pth"); len(left) > 0 {
				t.Errorf("left over: %s", strings.Join(left, " "))
			}
			if full := server.full.Load(); !noLocks && full != 1 {
				t.Errorf("%d downloads from the beginning for %d processes", full, n)
			}
		})
	}
}
