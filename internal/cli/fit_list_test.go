package cli

import (
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"resnet/internal/browser"
)

// TestFitList makes a list on the page of a fit, as a reader does, and fits with it.
func TestFitList(t *testing.T) {
	driver, err := os.ReadFile("testdata/TestFitList/driver.html")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	w.photos("photos", 5)
	w.expect(0, "", "", "fit", "photos", "-o", "net")
	page := w.read("net/report.html")
	for _, want := range []string{"resnet fit photos --output=net --list=list.csv", `<section id="doubts">`, `<section id="near">`, `<section id="map">`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	got := browser.Run(t, strings.ReplaceAll(string(driver), "$PAGE", html.EscapeString(page)))
	for name, want := range map[string]string{
		"error": "", "file": "list.csv", "dot": "true", "same": "true", "words": "1 with another class, 1 left out, of 15 photos", "again": "true",
		"still": "0 controls", "text": "true",
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %q", name, got[name], want)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	// The photos as they are give the same network, from wherever the list lies.
	w.file("elsewhere/list.csv", got["untouched"].(string))
	w.expect(0, "", "", "fit", "photos", "--list", "elsewhere/list.csv", "-o", "same")
	if w.read("same/model.safetensors") != w.read("net/model.safetensors") {
		t.Error("the list of all photos gives another network")
	}
	changed, first, second := got["list"].(string), got["first"].(string), got["second"].(string)
	if !strings.Contains(changed, first) || strings.Contains(changed, second) || strings.Count(changed, "\n") != 15 {
		t.Errorf("the list is\n%s", changed)
	}
	w.file("list.csv", changed)
	w.expect(0, "coarse", "", "fit", "photos", "--list", "list.csv", "-o", "other")
	if again := w.read("other/report.html"); !strings.Contains(again, first) || strings.Contains(again, second) {
		t.Error("the fit has not taken what the list says")
	}
	if _, err := os.Stat(filepath.Join(w.dir, "photos", filepath.FromSlash(second))); err != nil {
		t.Errorf("a photo is gone: %v", err)
	}
	w.expect(2, "", "list.csv says which photos are checked; leave --valid out", "fit", "photos", "--list", "list.csv", "-o", "other", "--valid", "30")
	w.file("bad.csv", "file,class,set\ncoarse/0.png,a,learn\n")
	w.expect(2, "", `set "learn"; want train or valid`, "fit", "photos", "--list", "bad.csv", "-o", "other")
	w.file("bad.csv", "file,class,set\ncoarse/0.png,a,valid\n")
	w.expect(2, "", "there is nothing to learn from", "fit", "photos", "--list", "bad.csv", "-o", "other")
}

// TestFitNear: photos that are nearly the same are shown in groups, and counted where one is checked that was learned from.
func TestFitNear(t *testing.T) {
	w := newWorld(t)
	w.photos("photos", 4)
	w.photos("val", 2)
	w.file("val/fine/copy of <1>.png", w.read("photos/fine/1.png"))
	w.expect(0, "nearly the same as one that was learned from", "", "fit", "photos", "--valid", "val", "-o", "net")
	page := w.read("net/report.html")
	for _, want := range []string{"in both sets", "copy of &lt;1&gt;.png", "cosine 1.000, 0 of 64 bits differ"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(page, "copy of <1>") {
		t.Error("a name is markup")
	}
}
