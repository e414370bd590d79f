package cli

import (
	"fmt"
	"maps"
	"strings"

	"resnet/internal/imaging"
	"resnet/internal/nets"
	"resnet/internal/weights"
)

// Keys of a file of vectors, beside those of weights.Told, which says whose preprocessing and weights they are of.
const (
	layerKey = "resnet.layer"
	poolKey  = "resnet.pool"
)

// provenance says how vectors are made, as features writes it into a file. Weights are known by the file that they first came from:
// one that was converted, or fitted to other classes, has the same features. Behind the last pool it has not.
func provenance(net *nets.Predictor, w nets.Watch) (map[string]string, error) {
	digest := net.Net.Origin
	if strings.HasPrefix(w.Layer, "fc") {
		digest = net.Net.SHA256
	}
	sum, err := digest()
	if err != nil {
		return nil, err
	}
	return madeOf(net.Preprocess, w, sum)
}

// madeOf is provenance by weights with a digest.
func madeOf(preprocess imaging.Preprocess, w nets.Watch, sum string) (map[string]string, error) {
	made := map[string]string{layerKey: w.Layer, poolKey: poolAverage}
	if w.Max {
		made[poolKey] = poolMax
	}
	told, err := weights.Told{Preprocess: &preprocess, SHA256: sum}.Metadata()
	maps.Copy(made, told)
	return made, err
}

// differences compares how the vectors of a file were made, as far as it says so, with how others are; "" where nothing differs.
func differences(theirs, ours map[string]string) string {
	for _, made := range []struct{ key, words, flags string }{
		{weights.SHA256Key, "weights with the sha256", "--arch, --weights"},
		{layerKey, "the layer", "--layer"},
		{poolKey, "each channel's", "features' --pool"},
		{weights.PreprocessKey, "photos prepared as", "--resize, --crop, --interpolation, --mean, --std"},
	} {
		if was, is := theirs[made.key], ours[made.key]; was != "" && was != is {
			return fmt.Sprintf("made of %s %s, and these are of %s (%s)", made.words, was, is, made.flags)
		}
	}
	return ""
}
