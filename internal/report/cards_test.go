package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"resnet/internal/browser"
	"resnet/internal/evaluate"
	"resnet/internal/labels"
	"resnet/internal/render"
)

// cards are of all kinds: wide, high, of no probability, not read, and with a long or hostile name.
func cards() []Card {
	one := func(file, label string, probability float64, width, height int) Card {
		return Card{
			File: file, Path: "photos/" + file, Label: label, Probability: probability, Size: image.Pt(width, height),
			Notes: []string{"max 3.1"}, Photo: "data:image/jpeg;base64,AAAA", Map: "data:image/jpeg;base64,BBBB",
		}
	}
	return []Card{
		one("img10.jpg", "tabby cat", 0.25, 300, 200),
		one("img9.jpg", "pizza", 0.75, 200, 300),
		one("below/a/long/way/down/pizza-from-above.jpg", "pizza", 0.5, 3000, 30),
		one(evil, evil, math.NaN(), 10, 1000),
		{File: "cut.jpg", Path: "photos/cut.jpg", Error: "truncated JPEG (300 bytes)"},
		one("Ärger.jpg", "zebra", 1, 300, 200),
	}
}

func cardsPage(t *testing.T, cards []Card) string {
	return pageOf(t, CardsHead{Title: "net <b>", Notes: []string{"7×7 map", evil}}, cards)
}

// qualityPage is one with figures above the cards.
func qualityPage(t *testing.T, classes int, cards []Card) string {
	view := &render.Fit{
		Name: evil, Command: evil, Labels: &labels.List{}, Train: make([]int, classes), Scores: evaluate.New(classes), Weights: evil, Notes: []string{evil},
		Trials: []render.FitTrial{{C: 1, LogLoss: 0.5}}, Card: true,
	}
	for i := range classes {
		view.Labels.Classes = append(view.Labels.Classes, fmt.Sprintf("%s %d", evil, i))
		probabilities := make([]float64, classes)
		probabilities[i], probabilities[(i+1)%classes] = 0.75, 0.25
		view.Scores.Add(evil, i, probabilities, []int{i, (i + 1) % classes})
		view.Scores.Add(evil, (i+1)%classes, probabilities, []int{i, (i + 1) % classes})
	}
	view.Untempered = view.Scores
	worst := Content{"worst", "Largest losses"}
	return pageOf(t, CardsHead{Title: evil, Contents: []Content{worst}, Quality: &Quality{View: view, Labels: view.Labels, Scores: view.Scores}, Program: evil, List: listOf()}, cards, worst)
}

// listOf is a list of two photos.
func listOf() *List {
	return &List{
		File: "list.csv", Words: []string{evil}, Classes: []ListClass{{"cat", "cat"}, {evil, `"` + strings.ReplaceAll(evil, `"`, `""`) + `"`}},
		Head: "file,class,set\n", Lines: []string{"a.jpg,cat,train\n", `"` + strings.ReplaceAll(evil, `"`, `""`) + "\",cat,valid\n"},
	}
}

func pageOf(t *testing.T, head CardsHead, cards []Card, sections ...Content) string {
	t.Helper()
	var b bytes.Buffer
	s, err := NewCards(&b, head)
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range sections {
		if err := s.Section(section, evil); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range cards {
		if err := s.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The body of the page is what a reader without JavaScript has.
func TestCards(t *testing.T) {
	page := cardsPage(t, cards())
	if again := cardsPage(t, cards()); again != page {
		t.Error("the same cards make other bytes")
	}
	body := bodies.FindString(page) + "\n"
	file := filepath.Join("testdata", "TestCards", "body.html")
	if *update {
		if err := os.WriteFile(file, []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != body {
		t.Errorf("differs from %s; look at it, then -update:\n%s", file, body)
	}
}

// An accent stays with the letter that it is on, and head and tail together are the name.
func TestCardsPath(t *testing.T) {
	for _, test := range []struct{ file, head, tail string }{
		{"cat.jpg", "", "cat.jpg"},
		{"photos/a/b/img_0001.jpg", "photos/a/b/", "img_0001.jpg"},
		{"photos/e\u0301mg_0001.jpg", "photos/", "e\u0301mg_0001.jpg"},
		{"", "", ""},
	} {
		if head, tail := parts(test.file); head != test.head || tail != test.tail {
			t.Errorf("%q: %q and %q, want %q and %q", test.file, head, tail, test.head, test.tail)
		}
	}
}

// TestCardsInBrowser looks at the page in Chromium, in frames of several widths: no line is wider than the frame, rows have
// no holes, and search, filter and order do what they say. Without scripts all cards are there, and no control that does
// nothing.
func TestCardsInBrowser(t *testing.T) {
	many := slices.Repeat(cards(), 5)
	for i := range many {
		many[i].Line, many[i].Other = i%3, evil
	}
	driver, err := os.ReadFile("testdata/TestCards/driver.html")
	if err != nil {
		t.Fatal(err)
	}
	page := strings.NewReplacer(
		"$MANY", html.EscapeString(qualityPage(t, 45, many)), "$PAGE", html.EscapeString(cardsPage(t, cards())),
	).Replace(string(driver))
	got := browser.Run(t, page)
	for name, want := range map[string]string{
		"too wide": "", "holes": "", "count": "6 of 6",
		"labels": "all|not read (1)|" + evil + " (1)|pizza (2)|tabby cat (1)|zebra (1)",
		"given":  "img10 img9 below evil cut Ärger", "least": "img10 below img9 Ärger evil cut",
		"surest": "Ärger img9 below img10 evil cut", "label": "cut evil img9 below img10 Ärger",
		"file": "evil Ärger below cut img9 img10", "filter": "img9 below", "not read": "cut", "search": "below",
		"words": "Ärger", "nothing": "", "without script": "6 cards, 0 controls", "maps": "0 of 5",
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %q", name, got[name], want)
		}
	}
}

// TestQuality: what is confused is drawn, as far as there is room for it, and the tables are there.
func TestQuality(t *testing.T) {
	page := qualityPage(t, 45, nil)
	for _, want := range []string{
		"The 40 classes with the most confusions, of 45.", "accuracy 50.0 % (39.9 to 60.1) of 90 photos not seen", "<summary>Classes (45)</summary>",
		"<summary>Reliability (1)</summary>", `<a href="#quality">How good it is</a><a href="#worst">Largest losses</a>`, "<summary>Choice of C (1)</summary>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	if qualityPage(t, 45, nil) != page {
		t.Error("the same quality makes other bytes")
	}
	if small := qualityPage(t, 3, nil); strings.Contains(small, "with the most confusions") || !strings.Contains(small, "<details open><summary>Classes (3)</summary>") {
		t.Error("a few classes are left out, or folded away")
	}
}

// TestPictures: what is over the bound has no picture, nor has what follows, and the page says how many those are.
func TestPictures(t *testing.T) {
	card := func(bytes int) Card {
		return Card{File: "a.jpg", Size: image.Pt(10, 10), Probability: math.NaN(), Photo: template.URL("data:image/jpeg;base64," + strings.Repeat("A", bytes-23))}
	}
	page := pageOf(t, CardsHead{Pictures: 1000}, []Card{card(600), card(300), card(200), card(50)})
	if n := strings.Count(page, "<img"); n != 2 || strings.Count(page, "picture left out") != 2 || !strings.Contains(page, "2 of 4 pictures are left out") {
		t.Errorf("%d pictures in %s", n, bodies.FindString(page))
	}
}
