package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"resnet/internal/engine"
	"resnet/internal/nets"
)

// newServer makes a server of the built-in network, called tiny, which has made its first inference.
func newServer(t *testing.T, change func(*Config)) *Server {
	t.Helper()
	opener := &nets.Opener{}
	n, err := opener.Open(t.Context(), nets.Choice{Trained: true, Classifier: true})
	if err != nil {
		t.Fatal(err)
	}
	team := engine.NewTeam(2)
	m, err := NewModel(t.Context(), "tiny", n, nets.Compute{}, team)
	if err == nil {
		err = m.warm(t.Context(), 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.Close()
		team.Close()
		n.Close()
	})
	c := Config{Models: []*Model{m}, Version: "1.2.3", Log: slog.New(slog.DiscardHandler), Limits: Limits{Cores: 2}}
	if change != nil {
		change(&c)
	}
	return New(c)
}

// request is what a test sends: method and path, headers, and a body.
func request(method, path string, headers map[string]string, body []byte) *http.Request {
	r := httptest.NewRequest(method, "http://localhost:8080"+path, bytes.NewReader(body))
	for name, value := range headers {
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	return r
}

// ask sends a request.
func ask(s http.Handler, method, path string, headers map[string]string, body []byte) (status int, text string) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, request(method, path, headers, body))
	return w.Code, w.Body.String()
}

// orange is a photo that the built-in network knows.
func orange(t *testing.T) []byte {
	t.Helper()
	photo, err := os.ReadFile("../../docs/img/orange.png")
	if err != nil {
		t.Fatal(err)
	}
	return photo
}

var png = map[string]string{"Content-Type": "image/png"}

func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %.200s", err, text)
	}
	return v
}

func TestMetadata(t *testing.T) {
	s := newServer(t, nil)
	for path, want := range map[string]string{
		"/v2":                         `{"name":"resnet","version":"1.2.3","extensions":["binary_tensor_data","classification"]}`,
		"/v2/health/live":             `{"live":true}`,
		"/v2/health/ready":            `{"ready":true}`,
		"/v2/models":                  `{"models":["tiny"]}`,
		"/v2/models/tiny/ready":       `{"name":"tiny","ready":true}`,
		"/v2/models/tiny":             `"inputs":[{"name":"image","datatype":"BYTES","shape":[-1]},{"name":"input","datatype":"FP32","shape":[-1,3,64,64]}],"outputs":[{"name":"logits","datatype":"FP32","shape":[-1,200]}]`,
		"/v2/models/tiny/versions/1/": ``,
		"/v2/models/tiny/versions/1":  `"license":"`,
	} {
		status, text := ask(s, http.MethodGet, path, nil, nil)
		if want == "" {
			if status != http.StatusNotFound {
				t.Errorf("%s: %d %s", path, status, text)
			}
			continue
		}
		if status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s, want %s", path, status, text, want)
		}
	}
}

// TestReady: a server is ready once each model has made an inference, and not any more once it is told to end.
func TestReady(t *testing.T) {
	s := newServer(t, nil)
	m := s.Models()[0]
	m.ready.Store(false)
	for _, path := range []string{"/v2/health/ready", "/v2/models/tiny/ready", "/v2/models/tiny/classify"} {
		method := http.MethodGet
		if strings.HasSuffix(path, "classify") {
			method = http.MethodPost
		}
		if status, text := ask(s, method, path, png, orange(t)); status != http.StatusServiceUnavailable {
			t.Errorf("%s before the first inference: %d %s", path, status, text)
		}
	}
	if err := m.warm(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if status, text := ask(s, http.MethodGet, "/v2/health/ready", nil, nil); status != http.StatusOK {
		t.Errorf("after it: %d %s", status, text)
	}
	s.draining.Store(true)
	if status, text := ask(s, http.MethodGet, "/v2/health/ready", nil, nil); status != http.StatusServiceUnavailable {
		t.Errorf("once it is ending: %d %s", status, text)
	}
	if status, text := ask(s, http.MethodPost, "/v2/models/tiny/classify", png, orange(t)); status != http.StatusOK {
		t.Errorf("classify while it is ending: %d %s", status, text)
	}
}

type classified struct {
	Schema  string
	Weights struct{ SHA256 string }
	Results []struct {
		File        string
		Predictions []struct {
			Label string
			Logit float32
		}
		Error *struct{ Class string }
	}
}

func TestClassify(t *testing.T) {
	s := newServer(t, nil)
	status, text := ask(s, http.MethodPost, "/v2/models/tiny/classify", png, orange(t))
	got := decode[classified](t, text)
	if status != http.StatusOK || got.Schema != "resnet.classify/v1" || len(got.Results) != 1 || len(got.Results[0].Predictions) != 5 || got.Results[0].Predictions[0].Label != "orange" || len(got.Weights.SHA256) != 64 {
		t.Fatalf("%d %s", status, text)
	}
	if _, text := ask(s, http.MethodPost, "/v2/models/tiny/classify?top=all", png, orange(t)); len(decode[classified](t, text).Results[0].Predictions) != 200 {
		t.Errorf("top=all: %.300s", text)
	}
}

// TestClassifyForm: files of a form are images, of which each may have its own error.
func TestClassifyForm(t *testing.T) {
	s := newServer(t, nil)
	form, kind := formOf(t, map[string][]byte{"../a/orange.png": orange(t), "broken.png": []byte("no picture")})
	status, text := ask(s, http.MethodPost, "/v2/models/tiny/classify", map[string]string{"Content-Type": kind}, form)
	got := decode[classified](t, text)
	if status != http.StatusOK || len(got.Results) != 2 {
		t.Fatalf("%d %s", status, text)
	}
	for _, r := range got.Results {
		switch r.File {
		case "orange.png":
			if len(r.Predictions) != 1 || r.Predictions[0].Label != "orange" {
				t.Errorf("%+v", r)
			}
		case "broken.png":
			if r.Error == nil || r.Error.Class != "unknown_format" {
				t.Errorf("%+v", r)
			}
		default:
			t.Errorf("%+v", r)
		}
	}
	form, kind = formOf(t, map[string][]byte{"a.png": nil, "b.png": []byte("no picture")})
	if status, text := ask(s, http.MethodPost, "/v2/models/tiny/classify", map[string]string{"Content-Type": kind}, form); status != http.StatusBadRequest {
		t.Errorf("two files that are no pictures: %d %s", status, text)
	}
}

// TestServe: a real listener, which ends with its context.
func TestServe(t *testing.T) {
	s := newServer(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	listener := listen(t)
	done := make(chan error)
	go func() { done <- s.Serve(ctx, listener) }()
	response, err := http.Get("http://" + listener.Addr().String() + "/v2/health/live")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil || string(text) != "{\"live\":true}\n" {
		t.Errorf("%q, %v", text, err)
	}
	response.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + listener.Addr().String() + "/v2/health/live"); err == nil {
		t.Error("it still answers")
	}
}
