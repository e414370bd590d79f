package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"runtime"

	"resnet/internal/serve"
)

// pageAddress is where a server that listens at an address shows its page: from this machine.
func pageAddress(listens string) string {
	host, port, err := net.SplitHostPort(listens)
	if err != nil {
		return "http://" + listens + "/"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}

// pageLink is an address with the token in its fragment, which no request carries.
func pageLink(address string, access serve.Access) string {
	if access.Token == "" {
		return address
	}
	return address + "#token=" + url.QueryEscape(access.Token)
}

// openBrowser shows an address in the user's browser. It has no token in it, as everybody on a machine may see the arguments of
// programs: the page asks for it.
func openBrowser(ctx context.Context, address string) error {
	program, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		program = "open"
	case "windows":
		program, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	err := exec.CommandContext(ctx, program, args...).Run()
	if missing, ok := errors.AsType[*exec.Error](err); ok {
		err = missing.Err // it names the program as well
	}
	if err != nil {
		return fmt.Errorf("no browser was opened: %s: %w", program, err)
	}
	return nil
}
