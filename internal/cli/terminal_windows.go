package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// startColors makes the console understand escape sequences; false where it is too old for that.
func startColors(terminal *os.File) bool {
	console := windows.Handle(terminal.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
