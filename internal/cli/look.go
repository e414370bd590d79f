package cli

import (
	"runtime"
	"slices"
	"strings"

	"resnet/internal/render"
)

// look is what a view may use in the file called output, or on stdout for "" and "-". The words of formats with colours come
// from views that keep control characters out of names; of the others none pass to a terminal.
func (f *factory) look(output, format string) render.Look {
	if output != "" && output != "-" {
		return render.Look{Width: f.width, Color: f.color == "always", Unicode: true, Formulas: f.formulas}
	}
	width := f.width
	if width == 0 && f.outTerminal {
		width = f.columns
	}
	colours := f.useColor() && slices.Contains([]string{"table", "text"}, format)
	if g, ok := f.Out.(*guard); ok {
		g.colours = colours
	}
	return render.Look{Width: width, Color: colours, Unicode: f.unicode(), Formulas: f.formulas}
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
