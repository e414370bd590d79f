package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// settingsWorld gives a test an empty user directory and working directory of its own.
func settingsWorld(t *testing.T, user, project string) (dir, userFile string) {
	t.Helper()
	for _, s := range AllSettings() {
		t.Setenv(envName(s.Key), "")
	}
	home, dir := t.TempDir(), t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", home)
	userFile = filepath.Join(home, "resnet", "settings.yaml")
	if user != "" {
		writeFile(t, userFile, user)
	}
	if project != "" {
		writeFile(t, filepath.Join(dir, ProjectSettingsFile), project)
	}
	return dir, userFile
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func commandFlags(args ...string) *pflag.FlagSet {
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	flags.String("arch", "resnet50", "")
	flags.Int("seed", 0, "")
	flags.Int("width", 0, "")
	if err := flags.Parse(args); err != nil {
		panic(err)
	}
	return flags
}

func TestSettingsPrecedence(t *testing.T) {
	dir, userFile := settingsWorld(t, "# mine\narch: '18'\nseed: 1\nwidth: 100\ntop: 3\n", "seed: 2\narch: 34\n")
	t.Setenv("RESNET_SEED", "3")
	t.Setenv("RESNET_TESTDATA", "/data") // somebody else's
	t.Setenv("RESNET_TOPP", "x")
	flags := commandFlags("--arch", "101")
	project := filepath.Join(dir, ProjectSettingsFile)

	s, err := LoadSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]string{
		"arch":  {"101", "--arch"},
		"seed":  {"3", "RESNET_SEED"},
		"width": {"100", userFile + ":4"},
		"top":   {"3", userFile + ":5"},
		"exif":  {"apply", SourceDefault},
	}
	for _, setting := range AllSettings() {
		got, err := s.Value(setting, flags)
		if err != nil {
			t.Fatal(err)
		}
		if w, ok := want[setting.Key]; ok && (got.Text != w[0] || got.Source != w[1]) {
			t.Errorf("%s = %q from %s, want %q from %s", setting.Key, got.Text, got.Source, w[0], w[1])
		}
	}

	if err := s.Apply(flags); err != nil {
		t.Fatal(err)
	}
	for key, w := range map[string]string{"arch": "101", "seed": "3", "width": "100"} {
		if got := flags.Lookup(key).Value.String(); got != w {
			t.Errorf("flag --%s is %s, want %s", key, got, w)
		}
	}

	// Without flag and variable the directory's file comes before the user's.
	t.Setenv("RESNET_SEED", "")
	got, err := s.Value(Setting{Key: "seed"}, commandFlags())
	if err != nil || got.Text != "2" || got.Source != project+":1" {
		t.Errorf("seed = %+v, %v, want 2 from %s:1", got, err, project)
	}
}

func TestSettingsErrors(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"unknown", "arhc: 50\n", `.resnet.yaml:1:1: arhc: unknown key; did you mean "arch"?`},
		{"case", "Arch: 50\n", `.resnet.yaml:1:1: Arch: unknown key; did you mean "arch"?`},
		{"two at once", "widht: 1\n\nsede: 2\n", `.resnet.yaml:3:1: sede: unknown key; did you mean "seed"?`},
		{"network", "seed: 1\nblock: basic\nlayers: [2, 2]\n", `.resnet.yaml:2:1: block: describes a network`},
		{"twice", "seed: 1\nseed: 2\n", `.resnet.yaml:2:`},
		{"list", "top: [1, 5]\n", `.resnet.yaml:1:6: top: want one value, found a list`},
		{"nothing", "top:\n", `top: want one value, found nothing`},
		{"wrong word", "color: blue\n", `.resnet.yaml:1:8: color: want one of auto, always, never, found "blue"`},
		{"wrong number", "threads: -1\n", `threads: want a whole number, 0 or more, found "-1"`},
		{"no map", "- arch\n", `.resnet.yaml:1:1: want settings, such as arch: 50`},
		{"syntax", "arch: [\n", `.resnet.yaml:`},
		{"two documents", "seed: 1\n---\nseed: 2\n", `document`},
		{"binary", "\x7fELF\x02\x01\x01\x00", `.resnet.yaml:`},
		{"large", strings.Repeat("#", maxFile+1), `too many`},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir, _ := settingsWorld(t, "", test.text)
			if _, err := LoadSettings(dir); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestSettingsEnvironmentError(t *testing.T) {
	dir, _ := settingsWorld(t, "", "")
	t.Setenv("RESNET_WIDTH", "wide")
	if _, err := LoadSettings(dir); err == nil || !strings.Contains(err.Error(), "RESNET_WIDTH=wide: want a whole number") {
		t.Errorf("error %v", err)
	}
}

func TestSettingsEmptyFiles(t *testing.T) {
	for _, text := range []string{"", "# nothing yet\n", "---\n", "\ufeffseed: 1\r\n"} {
		dir, _ := settingsWorld(t, text, text)
		if _, err := LoadSettings(dir); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSettingsFileIsDirectory(t *testing.T) {
	dir, _ := settingsWorld(t, "", "")
	if err := os.Mkdir(filepath.Join(dir, ProjectSettingsFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadSettings(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("error %v, want not a regular file", err)
	}
}
