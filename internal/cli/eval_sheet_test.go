package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEvalSheet has the images with the largest losses, the worst first, and says how many it leaves out.
func TestEvalSheet(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.image(fmt.Sprintf("val/%d/%d.png", i%2, i), 64, 64, i)
	}
	w.file("val/1/broken.png", "no picture")
	w.expect(1, "", "5 evaluated, 1 failed", "eval", "val", "--sheet", "worst.html", "--worst", "3")
	data, err := os.ReadFile(filepath.Join(w.dir, "worst.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	if !strings.Contains(page, "3 of 5 images, those with the largest losses first; the other 2 are left out") {
		t.Error("the page does not say what it leaves out")
	}
	for _, want := range []string{"Confusion matrix", "Reliability of the probabilities", "<summary>Classes (", `<section id="worst">`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	var losses []float64
	for _, found := range regexp.MustCompile(`loss ([0-9.]+), truth`).FindAllStringSubmatch(page, -1) {
		if v, err := strconv.ParseFloat(found[1], 64); err == nil && (len(losses) == 0 || losses[len(losses)-1] != v) {
			losses = append(losses, v) // in the line, and as its title
		}
	}
	if len(losses) != 3 || !slices.IsSortedFunc(losses, func(a, b float64) int { return int(b*100) - int(a*100) }) {
		t.Errorf("losses %v, want three, the largest first", losses)
	}
	if n := strings.Count(page, `alt="where the network sees`); n != 3 {
		t.Errorf("%d maps", n)
	}
	w.expect(2, "", "--worst goes with --sheet", "eval", "val", "--worst", "3")
	w.expect(2, "", "want 1 to 10,000", "eval", "val", "--sheet", "x.html", "--worst", "0")
	w.expect(2, "", "it is a web page", "eval", "val", "--sheet", "x.png")
}
