package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"resnet/internal/browser"
	"resnet/internal/checkpoint"
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

// visit shows the page, with the driver's functions in it.
func visit(t *testing.T, address string) *browser.Page {
	t.Helper()
	driver, err := os.ReadFile("testdata/driver.js")
	if err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t, 1280, 1000)
	p.Visit(address)
	p.Run(string(driver), nil)
	return p
}

// expect compares what expressions are, as text.
func expect(t *testing.T, p *browser.Page, want map[string]string) {
	t.Helper()
	for expression, text := range want {
		if got := p.Text(expression); got != text {
			t.Errorf("%s is %q, want %q", expression, got, text)
		}
	}
}

// tabThrough wants each control to be reached by the tabulator, to show the focus, and to have a name for who can't see it.
func tabThrough(t *testing.T, p *browser.Page, where string) {
	t.Helper()
	p.Run("document.activeElement.blur()", nil)
	p.Press(strings.Repeat(kb.Tab, 100))
	expect(t, p, map[string]string{"unvisited()": "", "hidden": ""})
	if roles := p.Nameless(); len(roles) > 0 {
		t.Errorf("%s: controls without a name: %v", where, roles)
	}
}

// TestInBrowser does what a student does: drops photos, clicks labels, steps through all layers, looks at a block and at a place
// of it. The pixels of three maps are the values that trace --save saves. No map is computed that nobody looks at, nothing
// lies over anything else, and no request goes elsewhere.
func TestInBrowser(t *testing.T) {
	s, address := start(t, "")
	p := visit(t, address)
	classifyInBrowser(t, p)
	stepInBrowser(t, p, s)
	lookInBrowser(t, p)
	for _, width := range []int64{400, 1280, 2560, 3840} {
		p.Resize(width, width/2+600)
		for _, view := range []string{"classify", "trace"} {
			p.Click(`nav a[href="#` + view + `"]`)
			if wrong := p.Text("layout()"); wrong != "" {
				t.Errorf("%s, %d px: %s", view, width, wrong)
			}
		}
		columns := p.Text(`texts("#layers thead th").length`)
		if wide := width >= 1280; wide != (columns == "15") {
			t.Errorf("%d px: %s columns of 15", width, columns)
		}
	}
	expect(t, p, map[string]string{
		`performance.getEntriesByType("resource").map(entry => new URL(entry.name).origin).filter(origin => origin !== location.origin).join()`: "",
	})
}

func classifyInBrowser(t *testing.T, p *browser.Page) {
	p.Wait(`card("orange.png")`)
	dir := t.TempDir()
	photo, broken := filepath.Join(dir, "my &lt;photo.png"), filepath.Join(dir, "broken.jpg")
	if err := errors.Join(os.WriteFile(photo, sample(t), 0o666), os.WriteFile(broken, []byte("no picture"), 0o666)); err != nil {
		t.Fatal(err)
	}
	p.Drop(photo, broken)
	p.Wait(`card("my &lt;photo.png") && card("broken.jpg")`)
	const mine = ".card:nth-child(2) "
	maps := `texts(".label", card("my &lt;photo.png")).length + ": " + all("` + mine + `.map").map(map => map.alt)`
	expect(t, p, map[string]string{
		`texts("` + mine + `.label").join()`: "orange,lemon,acorn,bell pepper,banana", maps: "5: ",
		`Math.round(100 * document.querySelector(".bar i").getBoundingClientRect().width / document.querySelector(".bar").clientWidth)`: "63",
		`texts("` + mine + `.steps dd")[3]`: "64×64 at x 4, y 4", `texts(".card:first-child [role=alert]").length`: "1", `texts(".card:first-child .labels").length`: "0",
		`asked("/view/layer")`: "0",
	})
	if text := p.Text(`card("broken.jpg").querySelector("[role=alert]").textContent`); !strings.Contains(text, "not a") && !strings.Contains(text, "format") {
		t.Errorf("a broken file shows %q", text)
	}
	p.Run(`card("broken.jpg").querySelectorAll("button")[1].click()`, nil)
	const first = ".card:first-child "
	maps = strings.ReplaceAll(maps, mine, first)
	p.Click(first + "li:nth-child(1) button")
	expect(t, p, map[string]string{maps: "5: where the network sees orange"})
	src := p.Text(`all(".map")[0].src`)
	p.Click(first + "li:nth-child(2) button")
	expect(t, p, map[string]string{maps: "5: where the network sees lemon", `texts("[aria-pressed=true] .label").join()`: "lemon"})
	if p.Text(`all(".map")[0].src`) == src {
		t.Error("two labels have the same map")
	}
	p.Click(first + "li:nth-child(2) button")
	expect(t, p, map[string]string{maps: "5: ", `document.getElementById("status").textContent`: "my &lt;photo.png: orange, 62.5 %"})
	tabThrough(t, p, "classify")

	p.Run(`await paste("pasted.png")`, nil)
	p.Choose("#files", photo, photo)
	p.Choose("#camera", photo)
	p.Wait(`card("pasted.png") && all(".card[aria-busy=false]").length === 6`)
	expect(t, p, map[string]string{
		`document.querySelector("[name=photo]").options.length`: "6", `document.getElementById("camera").getAttribute("capture")`: "environment", `seen(document.getElementById("camera"))`: "false",
	})
	p.Run(`for (const card of all(".card").slice(0, -1)) card.querySelectorAll("button").forEach(button => button.textContent === "Remove" && button.click())`, nil)
	expect(t, p, map[string]string{`[...document.querySelector("[name=photo]").options].map(option => option.text).join()`: "orange.png"})
	light := p.Text("getComputedStyle(document.body).backgroundColor")
	p.Prefer("", "prefers-color-scheme", "dark")
	if p.Text("getComputedStyle(document.body).backgroundColor") == light {
		t.Error("dark is as light")
	}
}

// stepInBrowser goes through the network from the input to the logits.
func stepInBrowser(t *testing.T, p *browser.Page, s *serve.Server) {
	p.Click(`nav a[href="#trace"]`)
	p.Wait(`all("table.layers").length === 1 && layer() === "input"`)
	var rows []string
	p.Run(`return [...document.querySelectorAll("table.layers tr[id]")].map(row => row.id.slice(4))`, &rows)
	saved := save(t, s)
	for _, path := range rows {
		p.Press(kb.ArrowRight)
		p.Wait(`layer() === "` + path + `"`)
		if of, ok := compared[path]; ok {
			comparePixels(t, p, path, of, saved)
		}
		if path == "conv1" {
			expect(t, p, map[string]string{`texts("#layer-body h4").join()`: "Kernels"})
		}
	}
	if len(rows) != 30 || p.Text(`asked("/view/layer")`) != "31" {
		t.Errorf("%d rows, %s layers were asked for", len(rows), p.Text(`asked("/view/layer")`))
	}
	expect(t, p, map[string]string{
		`texts("#layer-body .label").length`: "10", `texts("#layer-body .label")[0]`: "orange", `texts("#layer-facts div")[0]`: "typeLinear", "document.title": "fc of orange.png · resnet",
	})
	p.Press(kb.ArrowRight) // there is no more
	p.Press(kb.ArrowLeft)
	p.Wait(`layer() === "avgpool"`)
	expect(t, p, map[string]string{`document.querySelectorAll("#layers [aria-current]").length + " " + document.querySelectorAll("svg [aria-current]").length`: "1 1"})
}

// lookInBrowser looks at a block of the figure, a place of its sum, and what that sees.
func lookInBrowser(t *testing.T, p *browser.Page) {
	clickAt := func(expression string, x, y float64) {
		var box struct{ Left, Top float64 }
		p.Run(`const element = `+expression+`; element.scrollIntoView({ block: "center", behavior: "instant" }); await drawn(); const { left, top } = element.getBoundingClientRect(); return { left, top }`, &box)
		p.ClickAt(box.Left+x, box.Top+y)
	}
	clickAt(`document.querySelector("svg a[href='#block-layer2.0'] rect")`, 3, 3)
	p.Wait(`layer() === "layer2.0.add"`)
	expect(t, p, map[string]string{
		`texts("#layer-body .streams figcaption").join(" | ")`: "projection of x what the shortcut carries | + F(x) what the residual branch computes | = sum before the block's last ReLU | after ReLU what the block hands on",
	})
	p.Run(`for (const image of document.querySelectorAll("#layer-body img")) await image.decode()`, nil)
	tabThrough(t, p, "trace")
	clickAt(`document.querySelector("#layer-body .frame")`, 1, 1)
	const mark = `(({ left, top, width, height }) => [left, top, width, height].join(" "))(document.querySelector(".field i").style)`
	expect(t, p, map[string]string{
		`texts(".large p").join()`: "layer2.0, channel 0, row 0, column 0: sees x 0 to 15, y 0 to 15", mark: "0% 0% 25% 25%", "layout()": "",
	})
	clickAt(`document.querySelector(".large canvas")`, 1, 1)
	p.Press(kb.ArrowRight + kb.ArrowDown)
	expect(t, p, map[string]string{`texts(".large output").join()`: "row 1, column 1: sees x 0 to 19, y 0 to 19", mark: "0% 0% 31.25% 31.25%", "layer()": "layer2.0.add"})
	p.Run(`const order = document.querySelector("[name=order]"); order.value = "energy"; order.dispatchEvent(new Event("change"))`, nil)
	p.Wait(`document.getElementById("layer-body").textContent.includes("the strongest of the sum first")`)
	p.Run(`history.back()`, nil)
	p.Wait(`layer() === "avgpool"`)

	// On a phone the layer is above the table: a click there leads to it, at once where somebody asked for less motion.
	p.Resize(400, 800)
	p.Prefer("", "prefers-reduced-motion", "reduce")
	expect(t, p, map[string]string{
		`(() => { const row = document.getElementById("row-layer4.1.conv2"); row.scrollIntoView(); row.click(); const { top } = document.getElementById("layer").getBoundingClientRect(); return top >= 0 && top < innerHeight })()`: "true",
	})
	p.Wait(`layer() === "layer4.1.conv2"`)
}

// TestTokenInBrowser: where the server wants a token the page asks for it, and says what was wrong with the one of the link.
func TestTokenInBrowser(t *testing.T) {
	const token = "a-token-of-20-letters"
	_, address := start(t, token)
	p := visit(t, address+"/#token=wrong")
	p.Wait(`all("#login, #problem").length === 2`)
	expect(t, p, map[string]string{
		"location.hash": "", `document.getElementById("problem").textContent`: "this needs the server's token: Authorization: Bearer …", "layout()": "",
	})
	p.Click("#login input")
	p.Press(token + kb.Enter)
	p.Wait(`card("orange.png")`)
	expect(t, p, map[string]string{`all("#login, #problem").length`: "0", `texts(".label")[0]`: "orange"})
}

// shown are maps of a layer: what its row puts out, and all that its grids show.
type shown struct {
	output string
	all    []string
	side   int
}

var compared = map[string]shown{
	"conv1": {"relu", []string{"relu"}, 32}, "layer4.1.conv2": {"layer4.1.bn2", []string{"layer4.1.bn2"}, 4},
	"layer2.0.add": {"layer2.0.add", []string{"layer2.0.downsample", "layer2.0.bn2", "layer2.0.add", "layer2.0"}, 16},
}

// save passes the sample through the network as resnet trace --save does.
func save(t *testing.T, s *serve.Server) *checkpoint.File {
	t.Helper()
	m, err := s.Model("tiny")
	if err != nil {
		t.Fatal(err)
	}
	seen, err := (&page{server: s}).see(t.Context(), m, &nets.Image{Data: sample(t)})
	if err != nil {
		t.Fatal(err)
	}
	selected, err := hooks.Select(m.Net.Graph.Graph, nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "all.safetensors")
	saver, err := hooks.NewSaver(file, m.Net.Graph.Graph, seen.input.Shape, selected, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Runner.Record(t.Context(), seen.input, nets.Recording{Saver: saver}); err != nil {
		t.Fatal(err)
	}
	if err := saver.Close(); err != nil {
		t.Fatal(err)
	}
	saved, err := checkpoint.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { saved.Close() })
	return saved
}

// comparePixels compares the map of channel 5 of a layer with the values that were saved, in the scale of the grid.
func comparePixels(t *testing.T, p *browser.Page, path string, of shown, saved *checkpoint.File) {
	t.Helper()
	area, strongest := of.side*of.side, 0.0
	var channel []float32
	for _, name := range of.all {
		info, _ := saved.Info(name)
		values := make([]float32, info.Shape.Elements())
		if err := saved.Read(name, values); err != nil {
			t.Fatal(err)
		}
		for _, v := range values[:min(64*area, len(values))] {
			strongest = max(strongest, math.Abs(float64(v)))
		}
		if name == of.output {
			channel = values[5*area:][:area]
		}
	}
	var pixels []int
	p.Run(fmt.Sprintf("return await pixels(%d, 5)", slices.Index(of.all, of.output)), &pixels)
	if len(pixels) != 4*area {
		t.Fatalf("%s: %d numbers of %d pixels", path, len(pixels), area)
	}
	wrong := 0
	for i, v := range channel {
		c := draw.Diverging(float64(v) / strongest).(color.NRGBA)
		if !slices.Equal(pixels[4*i:][:4], []int{int(c.R), int(c.G), int(c.B), 255}) {
			wrong++
		}
	}
	if wrong > 0 {
		t.Errorf("%s: %d of %d pixels have another colour than their value", path, wrong, area)
	}
}
