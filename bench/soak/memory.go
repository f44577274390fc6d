package soak

import "github.com/hawser-ingress/hawser/bench/machine"

// largest is the memory of the largest process, in MiB. Workers of before a reload are about to end; the sum over all
// would grow and shrink with them.
func largest(pids []int) float64 {
	var most int64
	for _, pid := range pids {
		if m, err := machine.MemoryOf(pid); err == nil { // else it has ended meanwhile
			most = max(most, m.Resident)
		}
	}
	return float64(most) / (1 << 20)
}
