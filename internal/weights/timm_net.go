package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"resnet/internal/model"
)

// otherTimm matches the names of timm's networks that compute something else than a plain ResNet, whether or not their
// tensors tell it.
var otherTimm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(bat_|csp|eca|gc|inception_|lambda_|legacy_|nf_|se|sk|t|test_|vit_)\w*res|resnest|` +
		`resnet(rs|v2)|res(net|next)\d+(x\d+)?(ts|q|rpt|_clip|_mlp)`)
})

// harmlessArgs are arguments of timm's networks that change no function, or one that the tensors tell.
var harmlessArgs = []string{"in_chans", "num_classes", "drop_rate", "drop_path_rate", "drop_block_rate", "zero_init_last", "pretrained"}

// outputStrides are how much smaller than the input the last map of a network may be, from where on dilation takes the place of
// strides.
var outputStrides = map[string]int{"8": 8, "16": 16, "32": 32}

// checkNet refuses by name what a folder's config says of a network that its tensors do not tell and that is not computed:
// they would fit another network, whose answers are wrong.
func (c sideConfig) checkNet() error {
	var errs []error
	if otherTimm().MatchString(c.Architecture) {
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

// antiAliasing is what the names of timm's networks say of what takes their strides.
var antiAliasing = map[string]string{"aa": model.AAAverage, "blur": model.AABlur}

// antiAliased matches timm's names of ResNets whose tensors fit a plain one, and antiAliasedFile those of their files.
var (
	antiAliased     = regexp.MustCompile(`^resnet(aa|blur)\d+d?(\.|$)`)
	antiAliasedFile = regexp.MustCompile(`(?i)(?:^|[^a-z])resnet(aa|blur)\d+`)
)
