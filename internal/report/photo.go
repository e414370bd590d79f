package report

import (
	"fmt"
	"html/template"
	"strings"

	"resnet/internal/cam"
	"resnet/internal/draw"
	"resnet/internal/imaging"
	"resnet/internal/labels"
	"resnet/internal/render"
	"resnet/internal/tensor"
)

// Photo is what a network sees of a photo, and says of it.
type Photo struct {
	Name       string
	Whole      *imaging.Image // small, as seen
	Crop       *imaging.Crop
	Preprocess imaging.Preprocess
	Answers    []Answer
	Notes      []string // what is to be known of the answers
}

// Side is the longer side of a whole photo on a page, in pixels.
const Side = 360

// Answer is a class that the network sees, and where.
type Answer struct {
	labels.Prediction
	Map *cam.Map // nil: the network has none
}

type photo struct {
	Title, Name   string
	Picture, Crop template.URL
	Answers       []answer
	Maps          bool // some of them have one
	Notes         []string
	Steps         []render.Step
}

type answer struct {
	Label, Probability, Words string
	Percent                   float64
	Map                       template.URL
}

func (r *Report) photo(p *page) error {
	if r.Photo == nil {
		return nil
	}
	title := "What the network sees"
	if len(r.Photo.Answers) == 0 {
		title = "The photo"
	}
	shown, err := newPhoto(title, r.Photo)
	p.Photo = shown
	return err
}

func newPhoto(title string, p *Photo) (*photo, error) {
	out := &photo{Title: title, Name: clean(p.Name), Steps: render.Steps(p.Preprocess, p.Crop.Steps)}
	for _, note := range p.Notes {
		out.Notes = append(out.Notes, clean(note))
	}
	var err error
	if out.Picture, err = draw.DataURL(draw.Picture(p.Whole)); err != nil {
		return nil, err
	}
	if out.Crop, err = draw.DataURL(draw.Picture(p.Crop.Image)); err != nil {
		return nil, err
	}
	box := cam.BoxOf(p.Crop.Steps, p.Whole.Width, p.Whole.Height)
	for _, a := range p.Answers {
		one := newAnswer(a.Prediction)
		if a.Map != nil {
			one.Words += "; map: " + strings.Join(a.Map.Extent(), ", ")
			if one.Map, err = draw.DataURL(draw.Overlay(p.Whole, box, *a.Map, a.Map.Max())); err != nil {
				return nil, err
			}
			out.Maps = true
		}
		out.Answers = append(out.Answers, one)
	}
	return out, nil
}

func newAnswer(p labels.Prediction) answer {
	return answer{
		Label: clean(p.Label), Probability: render.PercentOf(p.Probability), Percent: 100 * p.Probability, Words: fmt.Sprintf("logit %.2f", p.Logit),
	}
}

// MapNote says what the maps of answers are: of the last feature map, which goes into a pool.
func MapNote(last tensor.Shape, head *cam.Head) string {
	return fmt.Sprintf("Class activation maps: of %d×%d places before %s, %s; drawn smoothly, each in its own scale. "+
		"What is faint is cut off before the network sees it.", last[2], last[3], head.Pool, head.Meaning())
}

// Random says what is not to be believed of random weights, and what to do about it: set is the name of trained ones, "" for
// none, and builtin tells that they need no fetching.
func Random(weights, set string, builtin bool) string {
	words := weights + ": shapes and costs are the network's, but values and maps mean nothing."
	switch {
	case set == "":
		return words
	case builtin:
		return words + " Trained ones are built in: --weights " + set + "."
	}
	return words + fmt.Sprintf(" Trained ones: resnet weights pull %s, then --weights %[1]s.", set)
}
