// Package configs holds the built-in networks, one YAML file each.
package configs

import "embed"

// FS has a file NAME.yaml for each network.
//
//go:embed *.yaml
var FS embed.FS
