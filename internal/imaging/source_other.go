//go:build !unix

package imaging

const openNonblock = 0
