package render

import (
	"fmt"
	"io"

	"resnet/internal/imaging"
)

// Step is one step of preprocessing in words.
type Step struct{ Name, Text string }

// orientations are EXIF's values in words.
var orientations = map[int]string{
	2: "mirrored left to right", 3: "turned by 180°", 4: "mirrored top to bottom", 5: "mirrored along the main diagonal",
	6: "turned right by 90°", 7: "mirrored along the other diagonal", 8: "turned left by 90°",
}

// Steps are the way of one image through preprocessing.
func Steps(p imaging.Preprocess, s imaging.Steps) []Step {
	orientation := "as stored"
	if s.Orientation != 1 {
		orientation = fmt.Sprintf("%d: %s, %d×%d", s.Orientation, orientations[s.Orientation], s.Decoded.X, s.Decoded.Y)
	}
	rule := fmt.Sprintf("shorter side to %v", p.Resize)
	switch {
	case p.Resize.IsZero():
		rule = "not at all"
	case p.Resize.Width != 0:
		rule = "to exactly this size"
	}
	return []Step{
		{Name: "decoded", Text: fmt.Sprintf("%d×%d %s", s.Stored.X, s.Stored.Y, s.Format)},
		{Name: "orientation", Text: orientation},
		{Name: "resized", Text: fmt.Sprintf("%d×%d, %s, %s", s.Resized.X, s.Resized.Y, rule, p.Interpolation)},
		{Name: "crop", Text: fmt.Sprintf("%d×%d at x %d, y %d", s.Crop.Dx(), s.Crop.Dy(), s.Crop.Min.X, s.Crop.Min.Y)},
		{Name: "tensor", Text: fmt.Sprintf("[1, %d, %d, %d] float32: %s", p.Channels(), s.Crop.Dy(), s.Crop.Dx(), formula(p))},
		{Name: "mean", Text: fmt.Sprint(p.Mean)},
		{Name: "std", Text: fmt.Sprint(p.Std)},
	}
}

// formula is what becomes of a value.
func formula(p imaging.Preprocess) string {
	words := "(value/255 - mean) / std"
	if p.Range == 255 {
		words = "(value - mean) / std"
	}
	if p.Order == imaging.OrderBGR {
		words += ", blue first"
	}
	return words
}

// WriteSteps writes the way of one image through preprocessing, a line a step.
func WriteSteps(w io.Writer, steps []Step, look Look) error {
	names := 0
	for _, s := range steps {
		names = max(names, width(s.Name))
	}
	fmt.Fprintln(w)
	for _, s := range steps {
		name, limit := s.Name, 0
		if look.Width > 0 {
			limit = max(leastSentence, look.Width-names-4)
		}
		for _, words := range look.wrap([]string{look.words(s.Text)}, "", limit) {
			if _, err := fmt.Fprintf(w, "  %s  %s\n", pad(name, names), words); err != nil {
				return err
			}
			name = ""
		}
	}
	return nil
}
