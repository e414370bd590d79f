package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"resnet/internal/nets"
)

// serving starts a server on a port that is free, and gives its address; it ends with the test.
func serving(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	logs, log := io.Pipe()
	f := newFactory(bytes.NewReader(nil), io.Discard, log)
	f.getenv, f.settings = func(string) string { return "" }, false
	ended := make(chan int)
	go func() {
		code := run(ctx, f, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...))
		log.Close()
		ended <- code
	}()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != exitOK {
			t.Errorf("exit code %d", code)
		}
	})
	lines := bufio.NewScanner(logs)
	var line struct{ Msg, Address string }
	for line.Msg != "serving" && lines.Scan() {
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
	return "http://" + line.Address
}

// post sends a file of a form, and gives what is answered.
func post(t *testing.T, url, name string, data []byte) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("image", name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(url, form.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %.300s, %v", url, response.StatusCode, text, err)
	}
	return string(text)
}

// TestServeAsCommands: a server answers what the commands write of the same photo.
func TestServeAsCommands(t *testing.T) {
	photo, err := os.ReadFile("../../docs/img/orange.png")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.file("orange.png", string(photo))
	server := serving(t, "--model", "a=resnet18_tiny", "--model", "b=resnet18_tiny")
	ready(t, server)
	for path, command := range map[string][]string{
		"a/classify":                            {"classify", "orange.png", "--format", "json"},
		"b/classify?top=3":                      {"classify", "orange.png", "--format", "json", "--top", "3"},
		"a/trace":                               {"trace", "--weights", "resnet18_tiny", "--image", "orange.png", "--format", "json"},
		"a/trace?stats&layers=layer1,=layer2.0": {"trace", "--weights", "resnet18_tiny", "--image", "orange.png", "--format", "json", "--stats", "--layers", "layer1,=layer2.0"},
	} {
		w.expect(0, "", "", command...)
		if got := post(t, server+"/v2/models/"+path, "orange.png", photo); got != w.out.String() {
			t.Errorf("%s:\n%.500s\nwant\n%.500s", path, got, w.out.String())
		}
	}
}

// TestServeFolders: a folder is a model, whichever library or command has written it.
func TestServeFolders(t *testing.T) {
	w := newWorld(t)
	w.file("transformers/config.json", `{"model_type": "resnet", "architectures": ["ResNetForImageClassification"]}`)
	w.tiny("transformers/model.safetensors", "--names", "transformers")
	w.file("timm/config.json", `{"architecture": "resnet18", "num_classes": 200}`)
	w.tiny("timm/model.safetensors", "--names", "timm")
	w.photos("photos", 5)
	w.expect(0, "2 classes", "", "fit", "photos", "-o", "fit")
	w.image("photo.png", 64, 64, 2)
	photo, err := os.ReadFile(filepath.Join(w.dir, "photo.png"))
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{}
	for _, folder := range []string{"transformers", "timm", "fit"} {
		path := filepath.Join(w.dir, folder)
		server := serving(t, "--model", folder+"="+path)
		ready(t, server)
		w.expect(0, "", "", "classify", "photo.png", "--weights", path, "--format", "json")
		answers[folder] = post(t, server+"/v2/models/"+folder+"/classify", "photo.png", photo)
		if answers[folder] != w.out.String() {
			t.Errorf("%s:\n%.500s\nwant\n%.500s", folder, answers[folder], w.out.String())
		}
	}
	if !strings.Contains(answers["fit"], `"coarse"`) {
		t.Errorf("fit's own labels are not in %s", answers["fit"])
	}
}

// TestServeCheck: a container asks its own server whether it is ready.
func TestServeCheck(t *testing.T) {
	server := serving(t)
	ready(t, server)
	w := newWorld(t)
	_, address, _ := strings.Cut(server, "//")
	_, port, _ := strings.Cut(address, ":")
	w.expect(0, "", "", "serve", "--check", "--addr", address)
	w.expect(0, "", "", "serve", "--check", "--addr", "0.0.0.0:"+port)
	w.expect(1, "", "resnet: --addr 127.0.0.1:1: no server answers there: connection refused; resnet serve starts one", "serve", "--check", "--addr", "127.0.0.1:1")
	w.expect(1, "", "resnet: --addr nowhere.invalid:80: no server answers there: ", "serve", "--check", "--addr", "nowhere.invalid:80")
	w.expect(2, "", "want ADDRESS:PORT", "serve", "--check", "--addr", "8080")
	silent := httptest.NewServer(http.NotFoundHandler())
	defer silent.Close()
	w.expect(1, "", "what answers there (404 Not Found) is no server of this program", "serve", "--check", "--addr", silent.Listener.Addr().String())
}

// TestServeThreads: requests are taken and refused while all cores compute.
func TestServeThreads(t *testing.T) {
	cores := nets.Cores()
	t.Run("serving", func(t *testing.T) {
		ready(t, serving(t))
		if got := runtime.GOMAXPROCS(0); got != cores+1 {
			t.Errorf("%d threads on %d cores", got, cores)
		}
	})
	if got := nets.Cores(); got != cores {
		t.Errorf("%d cores afterwards, of %d", got, cores)
	}
}

// ready waits for the server's first inferences.
func ready(t *testing.T, server string) {
	t.Helper()
	for {
		response, err := http.Get(server + "/v2/health/ready")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		switch response.StatusCode {
		case http.StatusOK:
			return
		case http.StatusServiceUnavailable:
		default:
			t.Fatal(response.Status)
		}
	}
}
