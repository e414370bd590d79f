package draw

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"image"
	"image/jpeg"
	"io"
	"math"
	"strconv"
	"unicode"
)

//go:embed sheet.html
var sheetHTML string

var sheetTemplate = template.Must(template.New("sheet").Parse(sheetHTML))

// SheetCard is one image of a contact sheet.
type SheetCard struct {
	File, Path  string // as shown, shortened in the middle where it is long; and in full
	Label       string
	Probability float64      // 0 to 1, or NaN
	Notes       []string     // a line each
	Size        image.Point  // of the photo
	Photo, Map  template.URL // data URLs; the map lies over the photo, "": there is none
	Error       string       // in place of a photo that could not be read, which has no label
}

// Ratio is how much wider than high a card's picture is. A photo beyond the bounds is shown whole, within a margin.
func (c SheetCard) Ratio() string {
	if c.Error != "" {
		return "1"
	}
	return fmt.Sprintf("%.3f", min(max(float64(c.Size.X)/float64(c.Size.Y), 0.56), 2))
}

// Sure is the probability as a number of JavaScript; "" for none.
func (c SheetCard) Sure() string {
	if c.Error != "" || math.IsNaN(c.Probability) {
		return ""
	}
	return strconv.FormatFloat(c.Probability, 'g', -1, 64)
}

// Head is what of the file's path is shortened at its end where the card is too narrow, Tail what stays.
func (c SheetCard) Head() string { head, _ := c.parts(); return head }
func (c SheetCard) Tail() string { _, tail := c.parts(); return tail }

func (c SheetCard) parts() (head, tail string) {
	const tailLetters = 12
	letters := []rune(c.File)
	cut := max(len(letters)-tailLetters, 0)
	for cut > 0 && unicode.Is(unicode.M, letters[cut]) { // an accent stays with its letter
		cut--
	}
	return string(letters[:cut]), string(letters[cut:])
}

// Sheet writes a contact sheet as the cards come: one HTML file that needs no other.
type Sheet struct{ w io.Writer }

// NewSheet starts a sheet. The notes say what the pictures are.
func NewSheet(w io.Writer, title string, notes []string) (*Sheet, error) {
	return &Sheet{w}, sheetTemplate.ExecuteTemplate(w, "head", struct {
		Title string
		Notes []string
	}{title, notes})
}

// Add writes a card.
func (s *Sheet) Add(c SheetCard) error { return sheetTemplate.ExecuteTemplate(s.w, "card", c) }

// Close ends the sheet.
func (s *Sheet) Close() error { return sheetTemplate.ExecuteTemplate(s.w, "foot", nil) }

// DataURL is a picture inside a document.
func DataURL(im image.Image) (template.URL, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 80}); err != nil {
		return "", err
	}
	return dataURL("image/jpeg", b.Bytes()), nil
}
