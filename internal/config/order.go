package config

import (
	"cmp"
	"strconv"
	"strings"
)

// families is the order in which networks are listed.
var families = []string{"resnet", "resnext", "wide_resnet", "plain"}

// compareNames orders by family, then variant (resnet50 before resnet18_tiny), then depth.
func compareNames(a, b string) int {
	fa, da, va := splitName(a)
	fb, db, vb := splitName(b)
	return cmp.Or(cmp.Compare(fa, fb), cmp.Compare(va, vb), cmp.Compare(da, db), strings.Compare(a, b))
}

// splitName takes resnet20_cifar apart: family 0, depth 20, variant "cifar". The groups of a ResNeXt and the width of a
// wide net are no variant.
func splitName(name string) (family, depth int, variant string) {
	rest := name
	for i, f := range families {
		if r, ok := strings.CutPrefix(name, f); ok {
			family, rest = i, r
		}
	}
	digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
	depth, _ = strconv.Atoi(rest[:digits])
	variant = rest[digits:]
	if variant != "" && strings.Trim(variant, "_0123456789xd") == "" && variant != "d" {
		variant = ""
	}
	return family, depth, variant
}
