package engine

import "syscall"

// adviseHugePages asks for huge pages. Where the kernel has none to give, all works as before.
func adviseHugePages(b []byte) { _ = syscall.Madvise(b, syscall.MADV_HUGEPAGE) }
