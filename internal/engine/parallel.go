package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls f with 0 … n-1 on all cores and returns the error of the lowest number that has one. After an error the
// numbers that are left are not begun.
func parallel(n int, f func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	var caught panics
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			defer caught.keep()
			for i := int(next.Add(1)) - 1; i < n && !failed.Load(); i = int(next.Add(1)) - 1 {
				if errs[i] = f(i); errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	wg.Wait()
	caught.goOn()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
