package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// otherTimm matches the names of timm's networks that compute something else than a plain ResNet, whether or not their
// tensors tell it.
var otherTimm = regexp.MustCompile(`^(bat_|csp|eca|gc|inception_|lambda_|legacy_|nf_|se|sk|t|test_|vit_)\w*res|resnest|` +
	`resnet(aa|blur|rs|v2)|res(net|next)\d+(x\d+)?(ts|q|rpt|_clip|_mlp)`)

// harmlessArgs are arguments of timm's networks that change no function, or one that the tensors tell.
var harmlessArgs = []string{"in_chans", "num_classes", "drop_rate", "drop_path_rate", "drop_block_rate", "zero_init_last", "pretrained"}

// outputStrides are how much smaller than the input the last map of a network may be, from where on dilation takes the place of
// strides.
var outputStrides = map[string]int{"8": 8, "16": 16, "32": 32}

// checkNet refuses by name what a folder's config says of a network that its tensors do not tell and that is not computed:
// they would fit another network, whose answers are wrong.
func (c sideConfig) checkNet() error {
	var errs []error
	if otherTimm.MatchString(c.Architecture) {
		errs = append(errs, fmt.Errorf("architecture: %s is not computed here, though its tensors may fit another network", c.Architecture))
	}
	pool := func(name, value string) {
		if value != "" && value != "avg" {
			errs = append(errs, fmt.Errorf("%s: the pool %q is not computed here, want avg", name, value))
		}
	}
	pool("global_pool", c.GlobalPool)
	for _, name := range slices.Sorted(maps.Keys(c.ModelArgs)) {
		value := string(c.ModelArgs[name])
		switch {
		case value == "null" || slices.Contains(harmlessArgs, name):
		case name == "global_pool":
			pool("model_args.global_pool", strings.Trim(value, `"`))
		case name == "output_stride" && outputStrides[value] > 0, name == "act_layer" && value == `"relu"`:
		default:
			errs = append(errs, fmt.Errorf("model_args.%s: %s is not computed here", name, value))
		}
	}
	return errors.Join(errs...)
}

// modelArgs are the arguments that a network was made with.
type modelArgs map[string]json.RawMessage

// otherNet matches names of files of networks whose tensors fit a plain ResNet of that depth, and that compute something
// else: anti-aliased ones.
var otherNet = regexp.MustCompile(`(?i)(?:^|[^a-z])(resnet(?:aa|blur)\d+\w*)`)

// checkName refuses a file that says by its name what its tensors do not tell.
func checkName(path string) error {
	if found := otherNet.FindStringSubmatch(filepath.Base(path)); found != nil {
		return fmt.Errorf("%s: a %s by its name, which is not computed here; its tensors fit a plain ResNet, whose answers would be wrong: rename it if it is one",
			path, strings.TrimSuffix(found[1], "."))
	}
	return nil
}
