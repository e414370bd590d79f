// Package browser shows pages to tests as Chromium does, and does on them what people do: with a mouse, with keys, with files.
package browser

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Page is a page in a Chromium of its own, which ends with the test.
type Page struct {
	t   *testing.T
	ctx context.Context
}

// Open starts a browser with a window of a size in pixels; the test is skipped where there is none.
func Open(t *testing.T, width, height int64) *Page {
	t.Helper()
	// The page is ours: the sandbox, which containers lack, guards nothing here.
	ctx, end := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(find(t)), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun)
	t.Cleanup(end)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(leave)
	p := &Page{t, ctx}
	p.Resize(width, height)
	p.do("focus", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	}))
	return p
}

// find is the path of a Chromium.
func find(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium: layout and scripts of pages are not tried")
	return ""
}

func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// Visit loads an address.
func (p *Page) Visit(address string) {
	p.t.Helper()
	p.do(address, chromedp.Navigate(address))
}

// Resize makes the window of a size in pixels.
func (p *Page) Resize(width, height int64) {
	p.t.Helper()
	p.do("resize", chromedp.EmulateViewport(width, height))
}

// Prefer makes the page one of a medium ("print", "" for a screen), as somebody has it who prefers a value of a feature.
func (p *Page) Prefer(medium, feature, value string) {
	p.t.Helper()
	p.do("media", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Media: medium, Features: []*emulation.MediaFeature{{Name: feature, Value: value}},
		})
		return err
	}))
}

// Run runs the statements of an asynchronous function, and reads what it returns into a value; nil reads nothing.
func (p *Page) Run(script string, into any) {
	p.t.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("(async () => {"+script+"})().then(value => JSON.stringify(value ?? null))", chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		p.t.Fatalf("%s: %v: %.2000s", script, err, text)
	}
}

// Text is what an expression is, as text.
func (p *Page) Text(expression string) (text string) {
	p.t.Helper()
	p.Run("return String("+expression+")", &text)
	return text
}

// Wait waits until a condition holds.
func (p *Page) Wait(condition string) {
	p.t.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool]("Boolean("+condition+")")); err != nil {
		p.t.Fatalf("waiting for %s: %v", condition, err)
	}
}

// Click clicks the middle of an element.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do("click "+selector, chromedp.Click(selector))
}

// ClickAt clicks a point of the window.
func (p *Page) ClickAt(x, y float64) {
	p.t.Helper()
	p.do("click", chromedp.MouseClickXY(x, y))
}

// Press presses keys, of chromedp's package kb, one after the other.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do("press", chromedp.KeyEvent(keys))
}

// Choose chooses files for an input.
func (p *Page) Choose(selector string, files ...string) {
	p.t.Helper()
	p.do("choose", chromedp.SetUploadFiles(selector, files))
}

// Drop drags files to the middle of the window, and lets them go.
func (p *Page) Drop(files ...string) {
	p.t.Helper()
	var at struct{ X, Y float64 }
	p.Run("return { x: innerWidth / 2, y: innerHeight / 2 }", &at)
	data := &input.DragData{Items: []*input.DragDataItem{}, Files: files, DragOperationsMask: 1}
	p.do("drop", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for _, kind := range []input.DispatchDragEventType{input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop} {
			if _, err := chromedp.Call(ctx, input.DispatchDragEvent, input.DispatchDragEventParams{Type: kind, X: at.X, Y: at.Y, Data: data}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Nameless are the roles of the elements that take the focus and have no name for who can't see them.
func (p *Page) Nameless() (roles []string) {
	p.t.Helper()
	p.do("names", chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		tree, err := chromedp.Call(ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			return err
		}
		for _, node := range tree.Nodes {
			focusable := slices.ContainsFunc(node.Properties, func(p *accessibility.Property) bool {
				return p.Name == accessibility.PropertyNameFocusable && string(p.Value.Value) == "true"
			})
			if focusable && !node.Ignored && (node.Name == nil || len(node.Name.Value) <= len(`""`)) {
				roles = append(roles, string(node.Role.Value))
			}
		}
		return nil
	}))
	return roles
}

// PDF is the page as it is printed.
func (p *Page) PDF() []byte {
	p.t.Helper()
	pdf, err := chromedp.Run(p.ctx, chromedp.PrintToPDF())
	if err != nil {
		p.t.Fatal(err)
	}
	return pdf
}

// Run shows a page, given as HTML, until its script has left JSON in <output id="result">, and reads that.
func Run(t *testing.T, page string) (got map[string]any) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	p := Open(t, 1280, 1000)
	p.Visit("file://" + filepath.ToSlash(file))
	p.Wait(`document.getElementById("result").value`)
	p.Run(`return JSON.parse(document.getElementById("result").value)`, &got)
	return got
}
