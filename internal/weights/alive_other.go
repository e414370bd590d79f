//go:build !unix

package weights

// alive can't be told here; locks alone keep processes apart.
func alive(int) bool { return false }
