package render

import (
	"image"
	"io"
	"math"
	"strings"

	"resnet/internal/format"
	"resnet/internal/labels"
)

// ClassifySchema names the contract of classify's JSON.
const ClassifySchema = "resnet.classify/v1"

// ClassifyHead is what holds for all images of one run.
type ClassifyHead struct {
	Arch       string
	Net        string                 // the net in words: resnet18_tiny (built in: 200 classes, sees 64×64 pixels)
	Source     string                 // of the weights
	SHA256     func() (string, error) // of the weights; asked for where it is shown alone
	Preprocess any                    // as it goes into JSON
	Top        int                    // labels of an image; 0 is all
	Many       bool
	NameWidth  int // of the longest file name that is known beforehand, in columns
	// Minimum is the probability below which no label is sure enough; 0: every one is.
	Minimum float64
	// Familiar tells that images are compared with those that the network has learned from, of which 99 % are nearer than Far.
	Familiar bool
	Far      float64
}

// TextWidth is the number of columns that text takes on a screen.
func TextWidth(s string) int { return width(s) }

// Classified is what became of one image: predictions, the most probable first, or an error.
type Classified struct {
	File          string
	Width, Height int // as seen
	// Predictions holds Top of them; NextBest one more where there is one, for views that show it.
	Predictions []labels.Prediction
	NextBest    *labels.Prediction
	Unsure      bool // no label has the least probability that was asked for
	// Distance is how far it is from the nearest photo that a fitted network has learned from; nil: nothing is known of them.
	Distance   *float64
	Unfamiliar bool // it is further than such photos are
	Err        *ImageError
}

// Cut is a name in at most n columns, with its beginning and more of its end.
func Cut(name string, n int, unicode bool) string {
	return cut(name, max(n, leastLabel), Look{Unicode: unicode}.ellipsis(), true)
}

// against is what speaks against the first label, for people to read behind it.
func (c Classified) against() string {
	var against []string
	if c.Unsure {
		against = append(against, unsureWord)
	}
	if c.Unfamiliar {
		against = append(against, unfamiliarWord)
	}
	return optionalIn(strings.Join(against, ", "))
}

// The words for a label that is not sure enough, and for an image that is like nothing that was learned from.
const (
	unsureWord     = "unsure"
	unfamiliarWord = "unfamiliar"
)

// Compare says how far the image is from the nearest photo that the network has learned from, and whether that is further than far.
func (c *Classified) Compare(distance, far float64) {
	if !math.IsNaN(distance) {
		c.Distance, c.Unfamiliar = &distance, distance > far
	}
}

// NewClassified is what a network says of an image: all, its classes, the most probable first, of which top are shown, or
// all where it is 0.
func NewClassified(file string, size image.Point, all []labels.Prediction, top int) Classified {
	c := Classified{File: file, Width: size.X, Height: size.Y, Predictions: all}
	if top > 0 && top < len(all) {
		c.Predictions, c.NextBest = all[:top], &all[top]
	}
	return c
}

// ImageError is why an image could not be classified.
type ImageError struct {
	Class   string `json:"class"`
	Message string `json:"message"`
}

// A ClassifyWriter shows results as they come.
type ClassifyWriter interface {
	Result(Classified) error
	Close() error
}

// classifications are shown as they come: what is registered starts a ClassifyWriter.
var classifications = format.New[func(io.Writer, ClassifyHead, Look) ClassifyWriter]("classifications")

// ClassifyFormats lists the formats of a ClassifyWriter, the default first.
func ClassifyFormats() []string { return classifications.Formats(DefaultFormat, nil) }

// NewClassifyWriter starts showing results in the format called name.
func NewClassifyWriter(w io.Writer, name string, head ClassifyHead, look Look) (ClassifyWriter, error) {
	start, err := classifications.Writer(name)
	if err != nil {
		return nil, err
	}
	return start(w, head, look), nil
}
