package weights

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"resnet/internal/checkpoint"
)

// checkpointNames are the names that folders give their checkpoint, best first: transformers', timm's, and those of train's runs.
var checkpointNames = []string{
	"model.safetensors", "model.safetensors.index.json", "pytorch_model.safetensors", "pytorch_model.bin",
	"best.safetensors",
}

// checkpointIn finds the one checkpoint of a folder.
func checkpointIn(dir string) (string, error) {
	found, err := checkpointsIn(dir)
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", fmt.Errorf("%s: no checkpoint in this folder; want a file that ends in %s", dir, strings.Join(checkpoint.Extensions, ", "))
	case len(found) > 1:
		return "", fmt.Errorf("%s: several checkpoints in this folder, name one: %s", dir, strings.Join(found[:min(len(found), 10)], ", "))
	}
	return filepath.Join(dir, found[0]), nil
}

// checkpointsIn lists what may be the checkpoint of a folder: the one of a name that is known, else all.
func checkpointsIn(dir string) ([]string, error) {
	for _, name := range checkpointNames {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() {
			return []string{name}, nil
		}
	}
	files, err := os.ReadDir(dir)
	var found []string
	for _, f := range files {
		if looksLikePath(f.Name()) && !f.IsDir() {
			found = append(found, f.Name())
		}
	}
	slices.Sort(found)
	return found, err
}

func fromFolder(dir string) (*Source, error) {
	path, err := checkpointIn(dir)
	if err != nil {
		return nil, err
	}
	s := &Source{Name: dir, Path: path}
	return s, s.readBeside(dir)
}

// readBeside reads the configs of timm and transformers in the folder of a checkpoint.
func (s *Source) readBeside(dir string) error {
	var config sideConfig
	if err := s.readJSON(filepath.Join(dir, "config.json"), &config); err != nil {
		return err
	}
	switch {
	case config.Architecture != "":
		return s.wrap(dir, "config.json", s.fromTimm(config))
	case config.ModelType == "resnet":
		if err := s.wrap(dir, "config.json", s.fromTransformers(config)); err != nil {
			return err
		}
		var p processorConfig
		if err := s.readJSON(filepath.Join(dir, "preprocessor_config.json"), &p); err != nil {
			return err
		}
		return s.wrap(dir, "preprocessor_config.json", s.fromProcessor(p))
	case config.ModelType != "":
		return fmt.Errorf("%s: this is a %s, no residual network of the family", filepath.Join(dir, "config.json"), config.ModelType)
	}
	return nil
}

// wrap says of which file an error is, and each of several: they are printed apart.
func (s *Source) wrap(dir, file string, err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range several.Unwrap() {
			all = append(all, s.wrap(dir, file, one))
		}
		return errors.Join(all...)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, file), err)
	}
	return nil
}

// maxConfig bounds a config file; one with 21,000 class names has 1 MB.
const maxConfig = 16 << 20

// readJSON reads a config file; one that is not there changes nothing.
func (s *Source) readJSON(path string, v any) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	s.Configs = append(s.Configs, path)
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return err
	}
	if len(data) > maxConfig {
		return fmt.Errorf("%s: more than %d MiB", path, maxConfig>>20)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
