package render

import (
	"fmt"
	"io"
)

// Step is one step of preprocessing in words.
type Step struct{ Name, Text string }

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
