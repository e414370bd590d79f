package train

import (
	"fmt"
	"slices"
	"strings"

	"resnet/internal/graph"
)

// withoutStatistics is what a user should know of first weights whose batch norms hold no statistics, as those of a file that holds
// networks in the form that they are computed in: "" where most that are trained have some. Training takes the statistics of each
// batch, so that it begins with another network than the weights are.
func (r *Run) withoutStatistics(frozen func(path string) bool) string {
	values := map[string][]float32{}
	for _, p := range r.trainer.Params() {
		values[p.Name] = p.Values
	}
	trained, without := 0, 0
	for _, call := range r.Net.Graph.Calls {
		if _, norm := call.Op.(graph.BatchNorm); !norm || !call.First || frozen != nil && frozen(call.Path) {
			continue
		}
		all := func(name string, want float32) bool {
			return !slices.ContainsFunc(values[call.Path+"."+name], func(x float32) bool { return x != want })
		}
		trained++
		if all("running_mean", 0) && all("running_var", 1) && !all("bias", 0) { // without a bias, too, it has learned nothing yet
			without++
		}
	}
	if 2*without <= trained {
		return ""
	}
	freeze := strings.TrimPrefix(r.Recipe.Freeze+","+graph.BatchNorm{}.Class(), ",")
	return fmt.Sprintf("%d of %d batch norms that are trained hold no statistics in the first weights (mean 0, variance 1). Training takes those of each batch, "+
		"makes another network of them, and may learn nothing: keep batch norms as they are with --freeze %s, or take resnet fit --fine-tune, which does", without, trained, freeze)
}
