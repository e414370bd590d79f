package draw

import (
	"fmt"
	"strconv"
	"strings"

	"resnet/internal/model"
)

// lines are what a layer's box says: kernel and planes, then what is not usual. Padding says what the shapes show.
func (l layer) lines() []string {
	lines := []string{l.Op.Label(strconv.Itoa(l.Output[1]))}
	for _, a := range l.Op.Unusual() {
		if a.Name != "padding" {
			lines = append(lines, a.String())
		}
	}
	return lines
}

// line is a layer's box on one line.
func (l layer) line() string { return strings.Join(l.lines(), ", ") }

// hint says in full what a layer is, for the reader who points at it.
func (l layer) hint() string {
	words := l.Path + ": " + l.Class
	for _, fact := range []struct {
		name  string
		value []int
	}{{"kernel", l.Kernel}, {"stride", l.Stride}, {"padding", l.Padding}, {"dilation", l.Dilation}} {
		if fact.value != nil {
			words += fmt.Sprintf(", %s %d×%d", fact.name, fact.value[0], fact.value[1])
		}
	}
	if l.Groups > 0 {
		words += fmt.Sprintf(", groups %d", l.Groups)
	}
	words += fmt.Sprintf(", %s to %s", shapeWords(l.Inputs[0]), shapeWords(l.Output))
	for _, name := range followers(l.After) {
		words += ", then " + name
	}
	return words
}

// shortcutWords names a kind of shortcut.
func shortcutWords(kind string) string {
	if kind == model.ShortcutNone {
		return "no shortcut"
	}
	return kind + " shortcut"
}
