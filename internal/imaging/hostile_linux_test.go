package imaging

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// inLittleMemory is set in the child of TestHostileInLittleMemory.
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

// TestHostileInLittleMemory runs the hostile files in a process of 2 GiB of address space, where an allocation that is
// sized by a file's word would be fatal.
func TestHostileInLittleMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector itself takes more address space than that")
	}
	if os.Getenv(inLittleMemory) != "" {
		t.Skip("this is the child")
	}
	child := exec.Command(os.Args[0], "-test.run=^TestHostile$")
	child.Env = append(os.Environ(), inLittleMemory+"=1")
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
