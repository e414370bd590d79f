package report

import (
	"fmt"
	"html/template"
	"image"
	"io"
	"math"
	"strconv"
	"unicode"
)

// Card is one image of a page of cards.
type Card struct {
	File, Path  string // as shown, shortened in the middle where it is long; and in full
	Label       string
	Probability float64      // 0 to 1, or NaN
	Notes       []string     // a line each
	Size        image.Point  // of the photo
	Photo, Map  template.URL // data URLs; the map lies over the photo, "": there is none
	Error       string       // in place of a photo that could not be read, which has no label
}

// card is what the template shows of one.
type card struct {
	Card
	Ratio      string // how much wider than high its picture is
	Sure       string // the probability as a number of JavaScript; "" for none
	Head, Tail string // of the file's path: what is shortened at its end where the card is too narrow, and what stays
}

func newCard(c Card) card {
	out := card{Card: c, Ratio: "1"}
	out.File, out.Path, out.Label, out.Error = clean(c.File), clean(c.Path), clean(c.Label), clean(c.Error)
	out.Notes = nil
	for _, note := range c.Notes {
		out.Notes = append(out.Notes, clean(note))
	}
	out.Head, out.Tail = parts(out.File)
	if c.Size.X > 0 && c.Size.Y > 0 { // a photo beyond the bounds is shown whole, within a margin
		out.Ratio = fmt.Sprintf("%.3f", min(max(float64(c.Size.X)/float64(c.Size.Y), 0.56), 2))
	}
	if c.Error == "" && !math.IsNaN(c.Probability) {
		out.Sure = strconv.FormatFloat(c.Probability, 'g', -1, 64)
	}
	return out
}

// parts cuts a path before its last letters.
func parts(file string) (head, tail string) {
	const tailLetters = 12
	letters := []rune(file)
	cut := max(len(letters)-tailLetters, 0)
	for cut > 0 && unicode.Is(unicode.M, letters[cut]) { // an accent stays with its letter
		cut--
	}
	return string(letters[:cut]), string(letters[cut:])
}

// Cards writes a page of images as they come, in sections: one HTML file that needs no other.
type Cards struct {
	w    io.Writer
	open bool // a section is
	foot cardsFoot
}

type cardsFoot struct {
	Program string
	Script  template.HTML
}

// CardsHead is what stands above the cards.
type CardsHead struct {
	Title    string
	Notes    []string  // what the page shows
	Quality  *Quality  // nil: it is of images alone
	Contents []Content // the sections that will come, where there are several
	Program  string    // that made it, with its version; "" says nothing
}

// cardsTop is what the template shows of it.
type cardsTop struct {
	head
	Notes    []string
	Quality  *quality
	Contents []Content
}

// NewCards starts a page.
func NewCards(w io.Writer, h CardsHead) (*Cards, error) {
	c := &Cards{w: w}
	c.foot.Program = h.Program
	top := cardsTop{head: head{Name: clean(h.Title)}, Contents: h.Contents}
	top.Style, c.foot.Script, top.CSP = inlined("cards.js")
	for _, note := range h.Notes {
		top.Notes = append(top.Notes, clean(note))
	}
	if h.Quality != nil {
		var err error
		if top.Quality, err = newQuality(h.Quality); err != nil {
			return nil, err
		}
		top.Contents = append([]Content{{"quality", "How good it is"}}, top.Contents...)
	}
	return c, c.execute("cards-top", top)
}

func (c *Cards) execute(name string, data any) error {
	return templates().ExecuteTemplate(c.w, name, data)
}

// Section begins the cards of a kind; without an ID the page has no other. The words say what they are, a line each.
func (c *Cards) Section(s Content, words ...string) error {
	if err := c.end(); err != nil {
		return err
	}
	c.open = true
	view := struct {
		Content
		Words []string
	}{Content: s}
	for _, text := range words {
		view.Words = append(view.Words, clean(text))
	}
	return c.execute("cards-section", view)
}

func (c *Cards) end() error {
	if !c.open {
		return nil
	}
	c.open = false
	return c.execute("cards-end", nil)
}

// Add writes a card into the section that was begun, on a page without sections the only one.
func (c *Cards) Add(one Card) error {
	if !c.open {
		if err := c.Section(Content{}); err != nil {
			return err
		}
	}
	return c.execute("cards-card", newCard(one))
}

// Close ends the page.
func (c *Cards) Close() error {
	if err := c.end(); err != nil {
		return err
	}
	return c.execute("cards-foot", c.foot)
}
