package ops

// What a kernel is called with is checked before it runs: assembly checks no index. A panic here is a programmer's mistake.

func must(ok bool, message string) {
	if !ok {
		panic(message)
	}
}

func mustHold[T any](data []T, n int, message string) { must(len(data) >= n, message) }

func mustBePart(part, parts int) { must(0 <= part && part < parts, "ops: there is no such part") }
