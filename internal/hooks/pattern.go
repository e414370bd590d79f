package hooks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/bmatcuk/doublestar/v4"

	"resnet/internal/graph"
	"resnet/internal/nearest"
)

// Names gives every call a name of its own: the path, and from the second call of a module on layer1.0.relu#2, #3. The
// root's name is "".
func Names(g *graph.Graph) []string {
	calls := map[string]int{}
	names := make([]string, len(g.Calls))
	for i, c := range g.Calls {
		names[i] = c.Path
		if calls[c.Path]++; calls[c.Path] > 1 {
			names[i] += "#" + strconv.Itoa(calls[c.Path])
		}
	}
	return names
}

// match tells which calls a pattern means. It is a glob over the dotted path, in which * stands for part of a name and **
// for any number of names: layer3.*.conv2, **.bn1, {layer1,layer2}.0.relu, or layer1.0.relu#2 for a later call. With a
// capital letter in it, it is also a glob over the class: Conv2d, *Pool2d. A leading = changes nothing here.
func match(g *graph.Graph, pattern string) ([]bool, error) {
	glob := strings.ReplaceAll(strings.TrimPrefix(pattern, "="), ".", "/")
	if !doublestar.ValidatePattern(glob) || pattern == "" {
		return nil, fmt.Errorf("pattern %q: not a valid glob", pattern)
	}
	byClass := strings.ContainsFunc(glob, unicode.IsUpper)
	selected := make([]bool, len(g.Calls))
	for i, name := range Names(g) {
		c := g.Calls[i]
		selected[i] = doublestar.MatchUnvalidated(glob, strings.ReplaceAll(c.Path, ".", "/")) ||
			doublestar.MatchUnvalidated(glob, strings.ReplaceAll(name, ".", "/")) ||
			byClass && doublestar.MatchUnvalidated(glob, c.Class)
	}
	if !slices.Contains(selected, true) {
		return nil, fmt.Errorf("pattern %q matches no module%s", pattern, hint(g, pattern))
	}
	return selected, nil
}

// Select tells which calls a list of patterns means where a filter shows them, by index into g.Calls: a pattern that
// names a container means what is below it too, =layer2 the container alone. No pattern at all means every call.
func Select(g *graph.Graph, patterns []string) ([]bool, error) {
	selected := make([]bool, len(g.Calls))
	if len(patterns) == 0 {
		for i := range selected {
			selected[i] = true
		}
	}
	for _, pattern := range patterns {
		matched, err := match(g, pattern)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(pattern, "=") {
			addBelow(g, matched)
		}
		for i := range selected {
			selected[i] = selected[i] || matched[i]
		}
	}
	return selected, nil
}

// addBelow adds what is in the containers that are selected: calls come before their container's.
func addBelow(g *graph.Graph, selected []bool) {
	containers := map[string]bool{}
	for i, c := range g.Calls {
		if selected[i] && c.Container {
			containers[c.Path] = true
		}
	}
	for i, c := range g.Calls {
		for parent := c.Path; parent != "" && !selected[i]; {
			parent = parent[:max(0, strings.LastIndexByte(parent, '.'))]
			selected[i] = containers[parent]
		}
	}
}

// hint names up to three paths or classes that are near to a pattern.
func hint(g *graph.Graph, pattern string) string {
	var options []string
	for _, c := range g.Calls {
		options = append(options, c.Path, c.Class)
	}
	slices.Sort(options)
	options = slices.Compact(options)
	var near []string
	for len(near) < 3 {
		option := nearest.To(strings.TrimPrefix(pattern, "="), options)
		if option == "" {
			break
		}
		near = append(near, option)
		options = slices.DeleteFunc(options, func(s string) bool { return s == option })
	}
	if near == nil {
		return "; paths look like " + g.Calls[0].Path + ", classes like " + g.Calls[0].Class
	}
	return "; near are " + strings.Join(near, ", ")
}
