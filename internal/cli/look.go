package cli

import (
	"runtime"
	"strings"

	"resnet/internal/render"
)

// look is what a view may use in the file called output, or on stdout for "" and "-".
func (f *factory) look(output string) render.Look {
	if output != "" && output != "-" {
		return render.Look{Width: f.width, Color: f.color == "always", Unicode: true, Formulas: f.formulas}
	}
	width := f.width
	if width == 0 && f.outTerminal {
		width = f.columns
	}
	return render.Look{Width: width, Color: f.useColor(), Unicode: f.unicode(), Formulas: f.formulas}
}

// useColor is --color, and for "auto" whether stdout is a terminal whose user did not ask for none (no-color.org).
func (f *factory) useColor() bool {
	switch f.color {
	case "always":
		return true
	case "never":
		return false
	}
	return f.outColors && f.getenv("NO_COLOR") == "" && f.getenv("TERM") != "dumb"
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
