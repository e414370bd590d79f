//go:build !windows

package cli

import "os"

// startColors does nothing: terminals elsewhere understand escape sequences.
func startColors(*os.File) bool { return true }
