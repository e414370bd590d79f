package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"

	"resnet/internal/browser"
	"resnet/internal/draw"
	"resnet/internal/engine"
	"resnet/internal/hooks"
	"resnet/internal/nets"
	"resnet/internal/serve"
)

// start serves the built-in network as tiny, and resnet20_cifar without weights, and waits until it is ready.
func start(t *testing.T, token string) (*serve.Server, string) {
	t.Helper()
	team := engine.NewTeam(2)
	t.Cleanup(team.Close)
	var models []*serve.Model
	for name, choice := range map[string]nets.Choice{"tiny": {Trained: true}, "random": {Net: "resnet20_cifar"}} {
		n, err := (&nets.Opener{}).Open(t.Context(), choice)
		if err != nil {
			t.Fatal(err)
		}
		m, err := serve.NewModel(t.Context(), name, n, nets.Compute{}, team)
		if err != nil {
			t.Fatal(err)
		}
		if models = append(models, m); name == "tiny" && len(models) == 2 {
			models[0], models[1] = models[1], models[0]
		}
	}
	s := serve.New(serve.Config{Models: models, Log: slog.New(slog.DiscardHandler), Page: Handlers, Access: serve.Access{Token: token}})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

func sample(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("../../../docs/img/orange.png")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// post asks for a part of the page.
func post(t *testing.T, address string, body []byte) (status int, text string) {
	t.Helper()
	r, err := http.Post(address, "application/octet-stream", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(data)
}

// TestStatic: the page loads what is in the program, and nothing else is there. The sample is the photo of the documents.
func TestStatic(t *testing.T) {
	_, address := start(t, "")
	for path, want := range map[string]struct {
		status int
		kind   string
	}{
		"/": {200, "text/html; charset=utf-8"}, "/static/page.js": {200, "text/javascript; charset=utf-8"}, "/static/page.css": {200, "text/css; charset=utf-8"}, "/static/server.css": {200, "text/css; charset=utf-8"},
		"/static/orange.png": {200, "image/png"}, "/static/": {404, ""}, "/static/page.go": {404, ""}, "/static/..%2fpage.go": {404, ""}, "/view/": {404, ""},
	} {
		r, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != want.status || want.kind != "" && r.Header.Get("Content-Type") != want.kind {
			t.Errorf("%s: %d, %s, %v", path, r.StatusCode, r.Header.Get("Content-Type"), err)
		}
		if policy := r.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self';") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if path == "/" && (bytes.Contains(body, []byte("tiny")) || bytes.Contains(body, []byte("<script>"))) {
			t.Error("the page tells of the server, which nobody needs a token for, or has a script inside")
		}
		if path == "/static/orange.png" && !bytes.Equal(body, sample(t)) {
			t.Error("the sample is not docs/img/orange.png: copy it")
		}
	}
}

// TestViews: what is asked for is there, or a JSON error says why not.
func TestViews(t *testing.T) {
	_, address := start(t, "")
	r, err := http.Get(address + "/view/models")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var list []model
	if err := json.NewDecoder(r.Body).Decode(&list); err != nil || len(list) != 2 || list[0].Name != "tiny" || !list[0].Trained || list[0].Caution != "" ||
		list[1].Trained || !strings.HasPrefix(list[1].Caution, "random weights, seed 0: ") {
		t.Errorf("%v: %+v", err, list)
	}
	evil := url.QueryEscape(`"><script>alert(1)</script>`)
	for _, test := range []struct {
		path   string
		body   []byte
		status int
		want   string
	}{
		{"trace?model=random&name=" + evil, sample(t), 200, "&lt;script&gt;alert(1)"},
		{"layer?model=random&layer=layer1.0.add", sample(t), 200, `<span class="badge">random weights</span>`},
		{"layer?model=random&layer=fc", sample(t), 200, "class "},
		{"layer?model=tiny&layer=layer1.0.add&channels=5&order=energy", sample(t), 200, "5 of 32 channels, 32×32, the strongest of the sum first: "},
		{"layer?model=tiny&layer=avgpool", sample(t), 200, "64 of 256 channels, 1×1, in the network&#39;s order."},
		{"layer?model=tiny&layer=fc", sample(t), 200, "orange"},
		{"classify?model=random", sample(t), 200, "values and maps mean nothing"},
		{"layer?model=tiny&layer=layer9", sample(t), 404, `{"error":"there is no layer layer9"}`},
		{"layer?model=tiny&layer=conv1&channels=0", sample(t), 400, "want 1 or more"},
		{"layer?model=tiny&layer=conv1&order=x", sample(t), 400, "want own or energy"},
		{"trace?model=other", sample(t), 404, "there is no model of that name"},
		{"trace?model=tiny", nil, 400, "the body is empty"},
		{"classify?model=tiny", []byte("no picture"), 400, `{"error":"`},
	} {
		status, text := post(t, address+"/view/"+test.path, test.body)
		if status != test.status || !strings.Contains(text, test.want) || strings.Contains(text, "<script") {
			t.Errorf("%s: %d, %.300s", test.path, status, text)
		}
	}
}

// driven is the server with a page that a script drives beside it, in a frame of any width, under the same policy otherwise,
// and what the script finds.
func driven(t *testing.T, s http.Handler) (address string, results <-chan []byte) {
	t.Helper()
	script, err := os.ReadFile("testdata/driver.js")
	if err != nil {
		t.Fatal(err)
	}
	index := httptest.NewRecorder()
	s.ServeHTTP(index, httptest.NewRequest("GET", "http://localhost/", nil))
	mux := http.NewServeMux()
	mux.Handle("/", s)
	serveText := func(path, kind, text string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			policy := index.Header().Get("Content-Security-Policy")
			w.Header().Set("Content-Security-Policy", strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors 'self'", 1))
			_, _ = io.WriteString(w, text)
		})
	}
	serveText("/driver.js", "text/javascript", string(script))
	serveText("/driven", "text/html; charset=utf-8", strings.Replace(index.Body.String(), "</body>", `<script type="module" src="/driver.js"></script></body>`, 1))
	mux.HandleFunc("GET /framed/{width}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<!doctype html><iframe src="/driven" style="width: %spx; height: 1000px; border: 0"></iframe>`, r.PathValue("width"))
	})
	found := make(chan []byte, 1)
	mux.HandleFunc("POST /result", func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body) // half of it is no JSON
		found <- text
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, found
}

// TestInBrowser drops photos, clicks labels, steps through all layers, looks at a block and at a place of it; nothing lies over
// anything else, and no request goes elsewhere. The pixels of three maps are the values that hooks see.
func TestInBrowser(t *testing.T) {
	browser.Find(t)
	s, _ := start(t, "")
	address, results := driven(t, s)
	layers := []string{"conv1", "layer2.0.add", "layer4.1.conv2"}
	got := browser.Visit(t, address+"/driven?layers="+url.QueryEscape(strings.Join(layers, " ")), 1280, results)
	for name, want := range map[string]any{
		"error": nil, "width": 1280.0, "too wide": "", "overlaps": "", "elsewhere": "", "label": "orange of 5", "maps": "none, then two others, true", "off": "none", "bar": 63.0,
		"preprocessing": "64×64 at x 4, y 4", "removed": "gone", "status": "my <b>photo</b>.png: orange, 62.5 %", "photos": "picked.png,pasted.png,my <b>photo</b>.png,orange.png", "started": "input", "kernels": 1.0, "steps": 31.0, "facts": "typeLinear i",
		"logits": "10 labels, orange", "marked": "1 row, 1 box", "grids": "projection of x what the shortcut carries | + F(x) what the residual branch computes | = sum before the block's last ReLU | after ReLU what the block hands on",
		"place": "layer2.0, channel 0 row 0, column 0: sees x 0 to 15, y 0 to 15", "field": "0% 25%", "moved": "row 0, column 1:",
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	if text := fmt.Sprint(got["broken"]); !strings.Contains(text, "not a") && !strings.Contains(text, "format") {
		t.Errorf("a broken file shows %q", text)
	}
	comparePixels(t, s, layers, got)
	for _, width := range []int{400, 2560} {
		got := browser.Visit(t, fmt.Sprintf("%s/framed/%d", address, width), 2600, results)
		if got["error"] != nil || got["width"] != float64(width) || got["too wide"] != "" || got["overlaps"] != "" {
			t.Errorf("%d px: %v", width, got)
		}
	}
}

// TestTokenInBrowser: where the server wants a token the page asks for it, and says what was wrong with the one of the link.
func TestTokenInBrowser(t *testing.T) {
	browser.Find(t)
	const token = "a token of 20 letters"
	s, _ := start(t, token)
	address, results := driven(t, s)
	got := browser.Visit(t, address+"/driven?token="+url.QueryEscape(token)+"#token=wrong", 1280, results)
	for name, want := range map[string]any{
		"error": nil, "address": "", "form": 0.0, "refused": "this needs the server's token: Authorization: Bearer …", "too wide": "", "overlaps": "",
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
}

// comparePixels compares the map of channel 5 of some layers with the values that a pass gives, in the scale of the grid.
func comparePixels(t *testing.T, s *serve.Server, layers []string, got map[string]any) {
	t.Helper()
	m, err := s.Model("tiny")
	if err != nil {
		t.Fatal(err)
	}
	seen, err := (&page{server: s}).see(t.Context(), m, &nets.Image{Data: sample(t)})
	if err != nil {
		t.Fatal(err)
	}
	set := hooks.NewSet(m.Net.Graph.Graph)
	values := map[string][]float32{}
	if _, err := set.Add("**", hooks.Func(hooks.Output, func(e hooks.Event) error {
		if values[e.Path] == nil {
			values[e.Path] = e.Output.Clone().Data
		}
		return nil
	})); err != nil {
		t.Fatal(err)
	}
	session, err := m.Runner.Session(t.Context(), seen.input.Shape, set)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Run(t.Context(), seen.input); err != nil {
		t.Fatal(err)
	}
	// What the row of a layer puts out, and all that its grids show.
	of := map[string]struct {
		output string
		all    []string
		side   int
	}{
		"conv1": {"relu", []string{"relu"}, 32}, "layer4.1.conv2": {"layer4.1.bn2", []string{"layer4.1.bn2"}, 4},
		"layer2.0.add": {"layer2.0.add", []string{"layer2.0.downsample", "layer2.0.bn2", "layer2.0.add", "layer2.0"}, 16},
	}
	for _, layer := range layers {
		o := of[layer]
		strongest, area := 0.0, o.side*o.side
		for _, path := range o.all {
			for _, v := range values[path][:min(64*area, len(values[path]))] {
				strongest = max(strongest, math.Abs(float64(v)))
			}
		}
		words := strings.Fields(fmt.Sprint(got[layer]))
		if len(words) != 4*area {
			t.Fatalf("%s: %d numbers of %d pixels", layer, len(words), area)
		}
		wrong := 0
		for i, v := range values[o.output][5*area:][:area] {
			c := draw.Diverging(float64(v) / strongest).(color.NRGBA)
			if want := []string{strconv.Itoa(int(c.R)), strconv.Itoa(int(c.G)), strconv.Itoa(int(c.B)), "255"}; strings.Join(words[4*i:4*i+4], " ") != strings.Join(want, " ") {
				wrong++
			}
		}
		if wrong > 0 {
			t.Errorf("%s: %d of %d pixels have another colour than their value", layer, wrong, area)
		}
	}
}
