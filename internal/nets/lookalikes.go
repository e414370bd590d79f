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

// lookalikes names the networks of others that have the tensors of a network, where the file's name does not say what it is; ""
// for none.
func lookalikes(s model.Spec, file string) string {
	names := timmLookalikes[s.Name]
	if names == nil || slices.ContainsFunc(strings.Split(filepath.ToSlash(file), "/"), saysNet.MatchString) {
		return ""
	}
	return ", not for timm's " + strings.Join(names, " or ") + ", whose tensors are the same"
}
