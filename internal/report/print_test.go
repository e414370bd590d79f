package report

import (
	"os"
	"path/filepath"
	"testing"

	"resnet/internal/browser"
)

// TestCardsOnPaper: tables and figures are printed, unfolded; the text of the list, a line for each photo, is for programs.
func TestCardsOnPaper(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cards.html")
	if err := os.WriteFile(file, []byte(qualityPage(t, 2, cards())), 0o666); err != nil {
		t.Fatal(err)
	}
	p := browser.Open(t, 1280, 1000)
	p.Visit("file://" + filepath.ToSlash(file))
	p.Prefer("print", "prefers-color-scheme", "light")
	p.Wait(`document.querySelector("details:not([open]) td").checkVisibility({ contentVisibilityAuto: true })`)
	for expression, want := range map[string]string{
		`document.querySelector("#photos").checkVisibility()`:  "false",
		`document.querySelector("figure").checkVisibility()`:   "true",
		`document.querySelector("#list h2").checkVisibility()`: "true",
	} {
		if got := p.Text(expression); got != want {
			t.Errorf("on paper %s is %s, want %s", expression, got, want)
		}
	}
}
