package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"resnet/internal/wholefile"
)

// ProjectSettingsFile is the settings file of a directory.
const ProjectSettingsFile = ".resnet.yaml"

// SettingsFiles are the files that LoadSettings reads, whether they are there or not. Earlier ones come first.
func SettingsFiles(dir string) []string {
	files := []string{filepath.Join(dir, ProjectSettingsFile)}
	if user := userSettingsFile(); user != "" {
		files = append(files, user)
	}
	return files
}

// userSettingsFile is settings.yaml in the resnet directory of XDG_CONFIG_HOME, or of what the system has for it; ""
// where there is neither.
func userSettingsFile() string {
	home := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(home) { // the XDG specification: a relative path is ignored
		var err error
		if home, err = os.UserConfigDir(); err != nil || !filepath.IsAbs(home) {
			return ""
		}
	}
	return filepath.Join(home, "resnet", "settings.yaml")
}

// settingsEntry is one `key: value` of a settings file.
type settingsEntry struct {
	key, text string
	line      int
}

// readRegular reads a file that is there without anybody naming it: it waits for no pipe.
func readRegular(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	return wholefile.Read(context.Background(), path, maxFile)
}

// readSettingsFile reads and checks the file called name; one that is not there sets nothing. The error holds all that
// is wrong with it.
func readSettingsFile(name string) ([]settingsEntry, error) {
	data, err := readRegular(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if blank(data) {
		return nil, nil
	}
	root, err := parse(name, data, "settings, such as arch: 50")
	if err != nil {
		return nil, err
	}
	if key := networkKey(root); key != nil {
		return nil, &Error{File: name, Line: key.Line, Col: key.Column, Key: key.Value,
			Msg: "describes a network, and this is a settings file; give the network a name of its own and use it with --arch NAME.yaml"}
	}

	var entries []settingsEntry
	known := fields{}
	for _, s := range AllSettings() {
		known[s.Key] = func(d *decoder, key string, n *yaml.Node) {
			if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
				d.fail(n, key, "want one value, found %s", describe(n))
			} else if err := s.check(n.Value); err != nil {
				d.fail(n, key, "%v, found %q", err, n.Value)
			}
			entries = append(entries, settingsEntry{key, n.Value, n.Line})
		}
	}
	d := &decoder{file: name, root: root, nodes: map[string]*yaml.Node{}}
	d.mapping("", root, known)
	return entries, d.err()
}

// networkKey is the first key that tells that a file describes a network, or nil.
func networkKey(root *yaml.Node) *yaml.Node {
	network := (&file{}).fields()
	for i := 0; i < len(root.Content); i += 2 {
		if _, ok := network[root.Content[i].Value]; ok {
			return root.Content[i]
		}
	}
	return nil
}

// blank tells a YAML file that says nothing: comments and document marks alone.
func blank(data []byte) bool {
	for line := range bytes.Lines(bytes.TrimPrefix(data, []byte("\ufeff"))) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return false
		}
	}
	return true
}
