package cli

import (
	"runtime"
	"strings"
)

// look is what a view may use where it goes.
type look struct {
	Width   int // columns; 0 is as many as it needs
	Color   bool
	Unicode bool // ASCII alone otherwise
}

// look is that of the file called output, or of stdout for "" and "-".
func (f *factory) look(output string) look {
	if output != "" && output != "-" {
		return look{Width: f.width, Color: f.color == "always", Unicode: true}
	}
	width := f.width
	if width == 0 && f.outTerminal {
		width = f.columns
	}
	return look{Width: width, Color: f.useColor(f.outTerminal), Unicode: f.unicode()}
}

// useColor is --color, and for "auto" whether the stream is a terminal whose user did not ask for none (no-color.org).
func (f *factory) useColor(isTerminal bool) bool {
	switch f.color {
	case "always":
		return true
	case "never":
		return false
	}
	return isTerminal && f.getenv("NO_COLOR") == "" && f.getenv("TERM") != "dumb"
}

// unicode tells whether the locale's character set is UTF-8. Where there is no locale at all (a container, Windows) it
// is taken for UTF-8, which terminals there are.
func (f *factory) unicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(f.getenv(name)); locale != "" {
			return runtime.GOOS == "windows" || strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
		}
	}
	return true
}
