package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"resnet/internal/isa"
)

// version is set by the linker in releases.
var version string

// versionLine is what --version prints too.
const versionLine = "%s %s\n"

func newVersionCmd(f *factory) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, and the kernels that this machine runs",
		Example: `  resnet version
  RESNET_KERNEL=avx2 resnet version      what would run with that restriction`,
		GroupID: groupSetup,
		Args:    noArgs,
		RunE:    func(*cobra.Command, []string) error { return runVersion(f) },
	}
}

func runVersion(f *factory) error {
	if err := isa.Err(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(f.Out, versionLine+"%s %s/%s, %s kernels\n",
		f.program(), buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH, isa.Allowed())
	return failed(err)
}

// buildVersion is the release, or the commit that the binary was built from.
func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				modified = "+changes"
			}
		}
	}
	if revision == "" {
		return info.Main.Version
	}
	return "devel-" + revision + modified
}
