package cli

import "testing"

// TestWords wants files that are wrong to be told of in words that are no program's: what stands where, and what should.
func TestWords(t *testing.T) {
	w := newWorld(t)
	w.image("a.png", 64, 64, 1)
	w.file("folder/config.json", "{}")
	w.tiny("folder/model.safetensors")
	for text, want := range map[string]string{
		`[1, 2]`:        `words: want a JSON list of names such as ["cat", "dog"]: want text, found a number`,
		`[["a"]]`:       `want text, found a list`,
		`{"a": "b",`:    `want a JSON map such as {"0": "cat"}: the file ends inside it`,
		"caf\xe9\n":     `words: the text is not UTF-8: save it as that`,
		" \n":           `words: no class is in it: want one on each line, or JSON`,
		"one\n":         `words: 1 class, and the network has 200`,
		"one\ntwo\n":    `words: 2 classes, and the network has 200`,
		`["one", true]`: `want text, found true or false`,
	} {
		w.file("words", text)
		w.expect(2, "", want, "classify", "a.png", "--labels", "words")
	}
	for text, want := range map[string]string{
		`[]`:                  "want keys and values, found a list",
		`{"architecture": 5}`: "architecture: want text, found a number",
		`{"architecture": "resnet18", "pretrained_cfg": {"input_size": 224}}`:      "pretrained_cfg.input_size: want a list, found a number",
		`{"architecture": "resnet18", "pretrained_cfg": {"mean": ["a", "b", 0]}}`:  "pretrained_cfg.mean: want a number, found text",
		`{"architecture": "resnet18", "pretrained_cfg": {"crop_pct": -1}}`:         "crop_pct: -1 is not between 0.01 and 10",
		`{"architecture": "resnet18", "pretrained_cfg": {"crop_mode": "border"}}`:  `crop_mode: "border" is not supported, want center or squash`,
		`{"architecture": "resnet18", "pretrained_cfg": {"interpolation": "odd"}}`: `interpolation "odd" is none of bilinear bicubic lanczos box nearest`,
		`{"architecture": "resnet18", "pretrained_cfg": {"std": [1, 0, 1]}}`:       "std[1]: 0 is not between 1e-06 and 1e+06",
		`{"model_type": "resnet", "hidden_act": "gelu"}`:                           `hidden_act: "gelu" is not supported, want relu`,
		`{"model_type": "resnet", "downsample_in_first_stage": 1}`:                 "downsample_in_first_stage: want true or false, found a number",
	} {
		w.file("folder/config.json", text)
		w.expect(2, "", "config.json: "+want, "trace", "--weights", "folder")
	}
	w.file("no.png", "no picture")
	w.expect(2, "", "--calibrate no.png: no photo could be read", "weights", "quantize", "resnet18_tiny", "q.safetensors", "--calibrate", "no.png")
}
