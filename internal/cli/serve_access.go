package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"resnet/internal/serve"
	"resnet/internal/wholefile"
)

// accessFlags say whom a server answers.
type accessFlags struct {
	remote, noAuth bool
	hosts          []string
	tokenFile      string
}

func (a *accessFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&a.remote, "allow-remote", false, "let --addr be one that other machines reach")
	flags.StringArrayVar(&a.hosts, "allow-host", nil, "answer requests to the `NAME` too, or to all below *.example.org; may be repeated")
	flags.StringVar(&a.tokenFile, "token-file", "", "want the token in the first line of `FILE` of each request (default: RESNET_TOKEN)")
	flags.BoolVar(&a.noAuth, "no-auth", false, "with --allow-remote: want no token")
	cmd.MarkFlagsMutuallyExclusive("token-file", "no-auth")
}

// tokenVariable is where the token is looked for without --token-file.
const tokenVariable = "RESNET_TOKEN"

// shortestToken is what nobody guesses by trying.
const shortestToken = 16

// access is what the flags come to for a server at an address.
func (a *accessFlags) access(ctx context.Context, f *factory, address string) (serve.Access, error) {
	access := serve.Access{Hosts: a.hosts}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return access, usagef("--addr %s: want ADDRESS:PORT", address)
	}
	if !a.noAuth {
		access.Token = strings.TrimSpace(f.getenv(tokenVariable))
	}
	if a.tokenFile != "" {
		f.reads(f.path(a.tokenFile))
		text, err := wholefile.Read(ctx, f.path(a.tokenFile), 64<<10)
		if err != nil {
			return access, fmt.Errorf("--token-file %w", err)
		}
		first, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
		if access.Token = strings.TrimSpace(first); access.Token == "" {
			return access, usagef("--token-file %s: there is no token in it", a.tokenFile)
		}
	}
	if access.Token != "" && len(access.Token) < shortestToken {
		return access, usagef("the token has %d characters, want %d or more: openssl rand -hex 16 makes one", len(access.Token), shortestToken)
	}
	switch {
	case isLoopback(host):
	case !a.remote:
		return access, usagef("--addr %s can be reached from other machines: --allow-remote lets it", address)
	case access.Token == "" && !a.noAuth:
		return access, usagef("who reaches %s may use it: give a token with --token-file or %s, or --no-auth", address, tokenVariable)
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" {
		access.Hosts = append(access.Hosts, host)
	}
	return access, nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
