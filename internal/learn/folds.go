package learn

// Folds gives each photo one of k folds, so that each fold has its share of every class: exactly what scikit-learn's
// StratifiedKFold(k) without shuffling gives. Classes are taken in the order in which they first appear.
func Folds(class []int, k int) []int {
	first := map[int]int{} // place of a class among those that have appeared
	var counts []int
	place := make([]int, len(class))
	for i, c := range class {
		p, seen := first[c]
		if !seen {
			p = len(counts)
			first[c] = p
			counts = append(counts, 0)
		}
		place[i] = p
		counts[p]++
	}
	// Of the photos sorted by class, each fold is allotted every k-th; a class's own then go to the folds in order.
	allotted := make([][]int, len(counts)) // by class and fold
	at := 0
	for p, n := range counts {
		allotted[p] = make([]int, k)
		for range n {
			allotted[p][at%k]++
			at++
		}
	}
	folds := make([]int, len(class))
	for i, p := range place {
		for allotted[p][folds[i]] == 0 {
			folds[i]++
		}
		allotted[p][folds[i]]--
	}
	return folds
}
