//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a server of the program's own.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	logs    *bufio.Scanner
	address string
}

// start runs `resnet serve` until it is ready.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command("resnet", append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...)}
	stderr, err := p.cmd.StderrPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // where it has not ended
	p.logs = bufio.NewScanner(stderr)
	p.address = p.log("serving")["address"].(string)
	for p.get("/v2/health/ready") != http.StatusOK { // it is not warm yet
	}
	return p
}

// log reads what the server logs, up to a message.
func (p *process) log(message string) map[string]any {
	p.t.Helper()
	for p.logs.Scan() {
		var line map[string]any
		if err := json.Unmarshal(p.logs.Bytes(), &line); err != nil {
			p.t.Fatalf("%v in %s", err, p.logs.Bytes())
		}
		if line["msg"] == message {
			return line
		}
	}
	p.t.Fatalf("the log ends before %q: %v", message, p.logs.Err())
	return nil
}

func (p *process) get(path string) int {
	p.t.Helper()
	response, err := http.Get("http://" + p.address + path)
	if err != nil {
		p.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func (p *process) signal() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
}

// half begins to send a photo to classify, and gives what sends the rest and reads the answer's status.
func (p *process) half() (rest func() int) {
	p.t.Helper()
	photo, err := os.ReadFile("../../docs/img/orange.png")
	if err != nil {
		p.t.Fatal(err)
	}
	c, err := net.Dial("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { c.Close() })
	head := fmt.Sprintf("POST /v2/models/resnet18_tiny/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", len(photo))
	if _, err := io.WriteString(c, head); err != nil {
		p.t.Fatal(err)
	}
	answers := bufio.NewReader(c)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") { // the server works on it
		p.t.Fatalf("%q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		p.t.Fatal(err)
	}
	return func() int {
		p.t.Helper()
		if _, err := c.Write(photo); err != nil {
			p.t.Fatal(err)
		}
		response, err := http.ReadResponse(answers, nil)
		if err != nil {
			p.t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode == http.StatusOK && !bytes.Contains(text, []byte(`"orange"`)) {
			p.t.Errorf("%s, %v", text, err)
		}
		return response.StatusCode
	}
}

// TestServeDrains: from SIGTERM on a server says that it is not ready, and answers all the same; a second signal stops it.
func TestServeDrains(t *testing.T) {
	p := start(t, "--drain", "1h30m")
	rest := p.half()
	p.signal()
	if drain := p.log("ending")["drain"]; drain != "1h30m0s" {
		t.Errorf("drains for %v", drain)
	}
	if status := p.get("/v2/health/ready"); status != http.StatusServiceUnavailable {
		t.Errorf("ready: %d", status)
	}
	if status := p.get("/v2/health/live"); status != http.StatusOK {
		t.Errorf("live: %d", status)
	}
	if status := p.half()(); status != http.StatusOK {
		t.Errorf("a new request: %d", status)
	}
	if status := rest(); status != http.StatusOK {
		t.Errorf("a request from before: %d", status)
	}
	ended := make(chan error)
	go func() {
		for p.logs.Scan() { // to its end
		}
		ended <- p.cmd.Wait()
	}()
	for {
		select {
		case err := <-ended:
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
				t.Errorf("it ended with %v", err)
			}
			return
		default:
			_ = p.cmd.Process.Signal(syscall.SIGTERM) // one that comes at once counts as the first
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// TestServeEnds: what is being worked on when the time is over is answered, and then the server ends well.
func TestServeEnds(t *testing.T) {
	p := start(t, "--drain", "1ms")
	rest := p.half()
	p.signal()
	for { // until it listens no more
		c, err := net.Dial("tcp", p.address)
		if err != nil {
			break
		}
		c.Close()
	}
	if status := rest(); status != http.StatusOK {
		t.Errorf("a request from before: %d", status)
	}
	for p.logs.Scan() { // to its end
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// TestServeTellsBatches: the log says of each model how many images it computes at a time, and why each alone.
func TestServeTellsBatches(t *testing.T) {
	for most, want := range map[string]any{"1": "no more are allowed", "8": nil} {
		p := start(t, "--max-batch", most, "--drain", "0s")
		if ready := p.log("ready"); fmt.Sprint(ready["batch"]) != most || ready["alone"] != want {
			t.Errorf("--max-batch %s: %v", most, ready)
		}
		p.signal()
	}
}
