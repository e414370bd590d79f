package report

import (
	"fmt"
	"html/template"
	"image"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode"

	"resnet/internal/draw"
	"resnet/internal/number"
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

	Line  int    // of the page's list, from 1, so that the image can be given another class; 0: none
	Other string // the class that it likely is of; "" for none
}

// card is what the template shows of one.
type card struct {
	Card
	Ratio      string // how much wider than high its picture is
	Sure       string // the probability as a number of JavaScript; "" for none
	Head, Tail string // of the file's path: what is shortened at its end where the card is too narrow, and what stays
	Blank      bool   // there is no room for its picture
}

func newCard(c Card) card {
	out := card{Card: c, Ratio: "1"}
	out.File, out.Path, out.Label, out.Error, out.Other = clean(c.File), clean(c.Path), clean(c.Label), clean(c.Error), clean(c.Other)
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
	w             io.Writer
	section, box  bool // are open
	room          int  // bytes that are left for pictures; negative: there is no bound
	pictures, out int  // that are on the page, and that are left out
	list          *List
	foot          cardsFoot
}

type cardsFoot struct {
	Program, LeftOut string
	Script           template.HTML
}

// CardsHead is what stands above the cards.
type CardsHead struct {
	Title    string
	Notes    []string  // what the page shows
	Quality  *Quality  // nil: it is of images alone
	Contents []Content // the sections that will come, where there are several
	Program  string    // that made it, with its version; "" says nothing
	Pictures int       // bound of the bytes of pictures: the cards after that have none; 0: there is no bound
	List     *List     // that the page makes; nil: none
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
	c := &Cards{w: w, room: h.Pictures, list: h.List}
	if h.Pictures == 0 {
		c.room = -1
	}
	c.foot.Program = h.Program
	scripts := []string{"cards.js"}
	top := cardsTop{head: head{Name: clean(h.Title)}, Contents: h.Contents}
	if h.List != nil {
		scripts = append(scripts, "list.js")
		top.Contents = append(slices.Clip(top.Contents), listSection)
	}
	top.Style, c.foot.Script, top.CSP = inlined(scripts...)
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

// Section begins a part of the page; one without an ID is the only one. The words say what it shows, a line each.
func (c *Cards) Section(s Content, words ...string) error {
	if err := c.end(); err != nil {
		return err
	}
	c.section = true
	view := struct {
		Content
		Words []string
	}{Content: s}
	for _, text := range words {
		view.Words = append(view.Words, clean(text))
	}
	return c.execute("cards-section", view)
}

// Figure writes a figure into the section that was begun.
func (c *Cards) Figure(f *draw.Figure) error {
	drawn, err := svg(f)
	if err != nil {
		return err
	}
	return c.execute("figure", drawn)
}

// Group begins cards that belong together, in the section that was begun; the words stand above them.
func (c *Cards) Group(words string) error {
	if err := c.endBox(); err != nil {
		return err
	}
	c.box = true
	return c.execute("cards-group", clean(words))
}

func (c *Cards) endBox() error {
	if !c.box {
		return nil
	}
	c.box = false
	return c.execute("cards-box-end", nil)
}

func (c *Cards) end() error {
	if err := c.endBox(); err != nil || !c.section {
		return err
	}
	c.section = false
	return c.execute("cards-section-end", nil)
}

// Add writes a card into the group or section that was begun, on a page without sections the only one.
func (c *Cards) Add(one Card) error {
	if !c.section {
		if err := c.Section(Content{}); err != nil {
			return err
		}
	}
	if !c.box {
		c.box = true
		if err := c.execute("cards-box", nil); err != nil {
			return err
		}
	}
	view := newCard(one)
	size := len(one.Photo) + len(one.Map)
	switch {
	case c.room >= 0 && size > c.room:
		view.Blank = true
		c.out++
		c.room = 0 // the others have none either: it is the first ones that are to be looked at
	case c.room >= 0:
		c.room -= size
		fallthrough
	case size > 0:
		c.pictures++
	}
	return c.execute("cards-card", view)
}

// Close ends the page.
func (c *Cards) Close() error {
	if err := c.end(); err != nil {
		return err
	}
	if c.list != nil {
		if err := c.writeList(); err != nil {
			return err
		}
	}
	if c.out > 0 {
		c.foot.LeftOut = fmt.Sprintf("%s of %s pictures are left out, so that the page stays small.", number.Thousands(int64(c.out)), number.Thousands(int64(c.out+c.pictures)))
	}
	return c.execute("cards-foot", c.foot)
}
