package model

import (
	"regexp"
	"strings"
)

// families are those of the networks' names, and what papers call them.
var families = map[string]string{"resnet": "ResNet", "resnext": "ResNeXt", "wide_resnet": "Wide ResNet", "plain": "Plain"}

// named takes a name apart: family, depth, what follows the depth directly, and what follows _.
var named = regexp.MustCompile(`^([a-z_]+?)(\d+)(d?)(?:_(.+))?$`)

// cardinality is a ResNeXt's groups and their width.
var cardinality = regexp.MustCompile(`^(\d+)x(\d+d)$`)

// Title is the name as papers write it: ResNet-50, ResNet-50-D, ResNet-20 (CIFAR), ResNeXt-50 (32×4d), Wide ResNet-50-2. A
// name of another pattern is its own title.
func (s Spec) Title() string {
	parts := named.FindStringSubmatch(s.Name)
	if parts == nil || families[parts[1]] == "" {
		return s.Name
	}
	title := families[parts[1]] + "-" + parts[2]
	if parts[3] != "" {
		title += "-" + strings.ToUpper(parts[3])
	}
	switch variant := parts[4]; {
	case variant == "":
		return title
	case variant == "2" && parts[1] == "wide_resnet":
		return title + "-" + variant
	case variant == "cifar":
		return title + " (CIFAR)"
	case variant == "tiny" || variant == "v1":
		return title + " (" + variant + ")"
	case cardinality.MatchString(variant):
		return title + " (" + cardinality.ReplaceAllString(variant, "$1×$2") + ")"
	}
	return s.Name
}
