package draw

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"image"
	"image/jpeg"
	"io"
)

//go:embed sheet.html
var sheetHTML string

var sheetTemplate = template.Must(template.New("sheet").Parse(sheetHTML))

// SheetCard is one image of a contact sheet.
type SheetCard struct {
	File, Label string
	Probability float64 // 0 to 1
	Percent     string
	Note        string
	Photo, Map  template.URL // data URLs; the map lies over the photo
	Error       string
}

// Sheet writes a contact sheet as the cards come: one HTML file that needs no other.
type Sheet struct {
	w     io.Writer
	title string
	cards int
}

// NewSheet starts a sheet. The notes say what the pictures are.
func NewSheet(w io.Writer, title string, notes []string) (*Sheet, error) {
	return &Sheet{w: w, title: title}, sheetTemplate.ExecuteTemplate(w, "head", struct {
		Title string
		Notes []string
	}{title, notes})
}

// Add writes a card.
func (s *Sheet) Add(c SheetCard) error {
	s.cards++
	return sheetTemplate.ExecuteTemplate(s.w, "card", struct {
		SheetCard
		Number int
	}{c, s.cards})
}

// Close ends the sheet.
func (s *Sheet) Close() error { return sheetTemplate.ExecuteTemplate(s.w, "foot", s.cards) }

// DataURL is a picture inside a document.
func DataURL(im image.Image) (template.URL, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 80}); err != nil {
		return "", err
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}
