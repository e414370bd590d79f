package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"resnet/internal/nearest"
)

// Setting is a flag that users may set once for all commands that have it.
type Setting struct {
	Key     string // the flag's name
	Default string // in words, where commands differ
	Usage   string
	check   func(string) error
}

// AllSettings lists what can be set, in the order that views show.
func AllSettings() []Setting {
	return []Setting{
		{"arch", "resnet50", "network where a command names none (classify: the built-in one)", notEmpty},
		{"format", "table", "output format, of the commands that have it", oneOf("table", "markdown", "json", "ndjson", "csv", "latex")},
		{"color", "auto", "colour and emphasis: auto, always, never", oneOf("auto", "always", "never")},
		{"width", "0", "columns that tables fit into (0: the terminal's)", atLeastZero},
		{"threads", "0", "threads of a forward pass (0: all cores)", atLeastZero},
		{"seed", "0", "seed of random weights and noise", seed},
		{"top", "5", "labels shown of an image (of several images: 1)", numberOrAll},
		{"exif", "apply", "orientation stored in an image: apply, ignore", oneOf("apply", "ignore")},
	}
}

// Sources of a Value that are not a file.
const (
	SourceDefault = "default"
	envPrefix     = "RESNET"
)

// Value is a setting as it holds, and where it came from: "--top", "RESNET_TOP", ".resnet.yaml:3" or SourceDefault.
type Value struct {
	Setting
	Text   string
	Source string
}

// Settings are the values of one run. A flag comes before the environment, that before ./.resnet.yaml, and that before
// the user's own settings file.
type Settings struct {
	viper *viper.Viper
	from  map[string]string // of the keys that a file sets: file:line
}

// LoadSettings reads RESNET_* and the two settings files, neither of which need exist. dir is where .resnet.yaml is
// looked for; "" is the working directory. Variables and files are looked up by their exact names.
func LoadSettings(dir string) (*Settings, error) {
	s := &Settings{viper: viper.New(), from: map[string]string{}}
	s.viper.SetEnvPrefix(envPrefix)

	var errs []error
	for _, file := range slices.Backward(SettingsFiles(dir)) { // later ones win
		errs = append(errs, s.merge(file))
	}
	for _, setting := range AllSettings() {
		s.viper.SetDefault(setting.Key, setting.Default)
		if err := s.viper.BindEnv(setting.Key); err != nil {
			return nil, err
		}
		if text := os.Getenv(envName(setting.Key)); text != "" {
			if err := setting.check(text); err != nil {
				errs = append(errs, fmt.Errorf("%s=%s: %w", envName(setting.Key), text, err))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// merge lays the values of file over those read so far.
func (s *Settings) merge(file string) error {
	entries, err := readSettingsFile(file)
	if err != nil {
		return err
	}
	values := map[string]any{}
	for _, e := range entries {
		values[e.key] = e.text
		s.from[e.key] = fmt.Sprintf("%s:%d", file, e.line)
	}
	return s.viper.MergeConfigMap(values)
}

// Value is what holds for the key of setting, given a command's parsed flags.
func (s *Settings) Value(setting Setting, flags *pflag.FlagSet) (Value, error) {
	key, flag := setting.Key, flags.Lookup(setting.Key)
	if flag != nil {
		if err := s.viper.BindPFlag(key, flag); err != nil {
			return Value{}, err
		}
	}
	v := Value{Setting: setting, Text: s.viper.GetString(key), Source: SourceDefault}
	switch {
	case flag != nil && flag.Changed:
		v.Source = "--" + key
	case os.Getenv(envName(key)) != "":
		v.Source = envName(key)
	case s.from[key] != "":
		v.Source = s.from[key]
	}
	return v, nil
}

// Apply fills in the flags that the user did not give. A format that a command does not have is left alone there.
func (s *Settings) Apply(flags *pflag.FlagSet) error {
	for _, setting := range AllSettings() {
		flag := flags.Lookup(setting.Key)
		if flag == nil || flag.Changed {
			continue
		}
		v, err := s.Value(setting, flags)
		if err != nil {
			return err
		}
		if v.Source == SourceDefault {
			continue
		}
		if err := flag.Value.Set(v.Text); err != nil && setting.Key != "format" {
			return fmt.Errorf("%s: %s: %q: %w", v.Source, setting.Key, v.Text, err)
		}
	}
	return nil
}

// otherVariables are those that are read and are no settings.
var otherVariables = []string{"RESNET_CACHE", "RESNET_KERNEL", "RESNET_OFFLINE", "RESNET_TESTDATA", "RESNET_TOKEN"}

// MistypedVariables says of each variable of an environment (NAME=value) that starts with RESNET_ and is near to one that is
// read which that is: "RESNET_ARCHH; did you mean "RESNET_ARCH"?".
func MistypedVariables(environment []string) []string {
	known := slices.Clone(otherVariables)
	for _, setting := range AllSettings() {
		known = append(known, envName(setting.Key))
	}
	var mistyped []string
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		own, ours := strings.CutPrefix(name, envPrefix+"_")
		if !ours || slices.Contains(known, name) {
			continue
		}
		for _, k := range known {
			if nearest.To(own, []string{strings.TrimPrefix(k, envPrefix+"_")}) != "" {
				mistyped = append(mistyped, fmt.Sprintf("%s; did you mean %q?", name, k))
				break
			}
		}
	}
	slices.Sort(mistyped)
	return mistyped
}

func envName(key string) string { return envPrefix + "_" + strings.ToUpper(key) }

func notEmpty(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("want a name")
	}
	return nil
}

func oneOf(words ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(words, s) {
			return fmt.Errorf("want one of %s", strings.Join(words, ", "))
		}
		return nil
	}
}

func seed(s string) error {
	if _, err := strconv.ParseUint(s, 10, 64); err != nil {
		return errors.New("want a whole number, 0 or more")
	}
	return nil
}

func atLeastZero(s string) error {
	if n, err := strconv.ParseInt(s, 10, 32); err != nil || n < 0 {
		return errors.New("want a whole number, 0 or more")
	}
	return nil
}

func numberOrAll(s string) error {
	if s == "all" {
		return nil
	}
	if atLeastZero(s) != nil || s == "0" {
		return errors.New("want 1 or more, or all")
	}
	return nil
}
