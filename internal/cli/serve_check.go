package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"syscall"
	"time"
)

// checkTime is how long a server may take to say that it is ready.
const checkTime = 3 * time.Second

// checkReady is nil where the server at an address is ready. An address that stands for all of a machine is asked by its own.
func checkReady(ctx context.Context, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return usagef("--addr %s: want ADDRESS:PORT", address)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	within, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	request, err := http.NewRequestWithContext(within, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/v2/health/ready", nil)
	if err != nil {
		return usagef("--addr %s: %w", address, bareNet(err))
	}
	response, err := (&http.Client{Transport: &http.Transport{}}).Do(request) // no proxy: it is this machine that is asked
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case within.Err() != nil:
		return failed(fmt.Errorf("--addr %s: no answer within %v: the server is busy, or this is not its address", address, checkTime))
	case err != nil:
		return failed(fmt.Errorf("--addr %s: no server answers there: %w; resnet serve starts one, and --addr says where", address, bareNet(err)))
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusServiceUnavailable:
		return failed(fmt.Errorf("--addr %s: the server is not ready: it loads its models, has none with weights, or is ending, as its log says", address))
	}
	return failed(fmt.Errorf("--addr %s: what answers there (%s) is no server of this program; --addr says where that is", address, response.Status))
}

// notListening is the error of a server that can't be reached at an address.
func notListening(address string, err error) error {
	advice := "give another address with --addr"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		advice = "another program answers there; give another port with --addr, of which 0 is a free one"
	case errors.Is(err, os.ErrPermission):
		advice = "ports below 1024 are the system's most often; give another one with --addr"
	}
	return fmt.Errorf("--addr %s: %w; %s", address, bareNet(err), advice)
}

// bareNet is an error of the network without the call and the address, which were named.
func bareNet(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New(e.Err)
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*os.SyscallError](err); ok {
		return e.Err
	}
	return err
}
