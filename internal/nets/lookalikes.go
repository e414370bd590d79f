package nets

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"resnet/internal/model"
)

// timmLookalikes are timm's networks with the tensors of another one, which compute something else: an average or a blur takes
// their strides.
var timmLookalikes = map[string][]string{
	"resnet18": {"resnetblur18"}, "resnet50": {"resnetaa50", "resnetblur50"}, "resnet50d": {"resnetaa50d", "resnetblur50d"},
}

// saysNet matches the name of a file that says which network it holds.
var saysNet = regexp.MustCompile(`(?i)resn(et|ext)[-_ ]?\d`)

// named tells whether a file's name says which network it holds.
func named(file string) bool {
	return slices.ContainsFunc(strings.Split(filepath.ToSlash(file), "/"), saysNet.MatchString)
}

// lookalikes names the networks of others that have the tensors of a network; "" for none.
func lookalikes(s model.Spec) string {
	names := timmLookalikes[s.Name]
	if names == nil {
		return ""
	}
	return ", not for timm's " + strings.Join(names, " or ") + ", whose tensors are the same"
}

// Lookalikes says which networks of others have the same tensors, where nothing but these tells which one it is; "" for none.
func (r *Recognition) Lookalikes() string {
	words := lookalikes(r.Spec)
	if r.told != nil || r.found.Exact || r.source.Arch != "" || words == "" {
		return ""
	}
	return "taken for " + r.Spec.Name + words
}
