package imaging

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Size is a height and a width in pixels, or one number (Width 0), whose meaning its user says: the shorter side of a
// resize, the side of a square crop. The zero value is no size at all. As text it is "256" or "320x256", height first; in
// JSON a number or a list [320, 256].
type Size struct{ Height, Width int }

// Single makes the size of one number.
func Single(pixels int) Size { return Size{Height: pixels} }

// IsZero reports whether no size is given.
func (s Size) IsZero() bool { return s == Size{} }

// Square is the size with height and width, where one number stands for both.
func (s Size) Square() Size {
	if s.Width == 0 {
		s.Width = s.Height
	}
	return s
}

func (s Size) String() string {
	if s.Width == 0 {
		return strconv.Itoa(s.Height)
	}
	return fmt.Sprintf("%dx%d", s.Height, s.Width)
}

// ParseSize reads "256" or "320x256".
func ParseSize(text string) (Size, error) {
	height, width, two := strings.Cut(strings.ReplaceAll(text, "×", "x"), "x")
	var s Size
	var err, err2 error
	s.Height, err = strconv.Atoi(height)
	if two {
		s.Width, err2 = strconv.Atoi(width)
	}
	if err = errors.Join(err, err2); err != nil || s.Height < 1 || two && s.Width < 1 {
		return Size{}, fmt.Errorf("size %q: want a number of pixels, or HEIGHTxWIDTH", text)
	}
	return s, nil
}

// MarshalJSON writes a number or a list of two.
func (s Size) MarshalJSON() ([]byte, error) {
	if s.Width == 0 {
		return json.Marshal(s.Height)
	}
	return json.Marshal([]int{s.Height, s.Width})
}

// UnmarshalJSON reads a number or a list of two.
func (s *Size) UnmarshalJSON(data []byte) error {
	var one int
	if json.Unmarshal(data, &one) == nil {
		*s = Single(one)
		return nil
	}
	var two []int
	if err := json.Unmarshal(data, &two); err != nil || len(two) != 2 {
		return errors.New("want a number of pixels, or [height, width]")
	}
	*s = Size{two[0], two[1]}
	return nil
}
