package draw

import (
	"fmt"
	"strings"

	"resnet/internal/graph"
	"resnet/internal/model"
)

// lines are what a layer's box says: kernel and planes, then what is not usual.
func (l layer) lines() []string {
	switch l.Class {
	case "Conv2d":
		return append([]string{fmt.Sprintf("%s, %d", l.kernel(), l.Output[1])}, l.unusual()...)
	case "MaxPool2d":
		return append([]string{l.kernel() + " max pool"}, l.unusual()...)
	case "AvgPool2d":
		return append([]string{l.kernel() + " avg pool"}, l.unusual()...)
	case "AdaptiveAvgPool2d":
		return []string{"average pool"}
	case "Linear":
		return []string{fmt.Sprintf("fc, %d", l.Output[1])}
	case "Pad":
		lines := []string{fmt.Sprintf("pad to %d", l.Output[1])}
		if stride := l.Op.(graph.Pad).Stride; stride > 1 {
			lines = append(lines, fmt.Sprintf("stride %d", stride))
		}
		return lines
	}
	return []string{l.Class}
}

func (l layer) kernel() string { return fmt.Sprintf("%d×%d", l.Kernel[0], l.Kernel[1]) }

// unusual are stride, dilation and groups where they are not 1.
func (l layer) unusual() []string {
	var lines []string
	if l.Stride[0] != 1 {
		lines = append(lines, fmt.Sprintf("stride %d", l.Stride[0]))
	}
	if l.Dilation != nil && l.Dilation[0] != 1 {
		lines = append(lines, fmt.Sprintf("dilation %d", l.Dilation[0]))
	}
	if l.Groups > 1 {
		lines = append(lines, fmt.Sprintf("%d groups", l.Groups))
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
