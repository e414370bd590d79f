//go:build !race

package imaging

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// inLittleMemory is set in the child that runInLittleMemory starts.
const inLittleMemory = "RESNET_IMAGING_LITTLE_MEMORY"

func TestMain(m *testing.M) {
	if os.Getenv(inLittleMemory) == "" {
		os.Exit(m.Run())
	}
	limit := syscall.Rlimit{Cur: 2 << 30, Max: 2 << 30}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &limit); err != nil {
		panic(err)
	}
	code := m.Run()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	if used.Maxrss > 640<<10 { // kibibytes: the budget of 512 MiB, and the rest of the process
		println("the process grew to", used.Maxrss>>10, "MiB")
		code = 1
	}
	os.Exit(code)
}

// runInLittleMemory runs the test in a child with 2 GiB of address space, where an allocation that is sized by a file's
// word would be fatal; in the child itself it does nothing. The race detector would take more address space than that.
func runInLittleMemory(t *testing.T) (done bool) {
	if os.Getenv(inLittleMemory) != "" {
		return false
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), inLittleMemory+"=1")
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	return true
}
