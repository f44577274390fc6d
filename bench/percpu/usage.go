package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of utime and stime in /proc (USER_HZ, the same on every Linux that Go runs on).
const tick = 10 * time.Millisecond

// cost is processor time. The ticks tell user and system apart but are coarse, so their sum is taken from the
// scheduler, which counts nanoseconds.
type cost struct{ sum, user, system time.Duration }

func (c cost) all() time.Duration { return c.sum }
func user(c cost) time.Duration   { return c.split(c.user) }
func system(c cost) time.Duration { return c.split(c.system) }

func (c cost) split(part time.Duration) time.Duration {
	if c.user+c.system == 0 {
		return 0
	}
	return time.Duration(float64(c.sum) * float64(part) / float64(c.user+c.system))
}

func (c cost) minus(d cost) cost { return cost{c.sum - d.sum, c.user - d.user, c.system - d.system} }

func (c cost) of(requests int) cost {
	n := time.Duration(requests)
	return cost{c.sum / n, c.user / n, c.system / n}
}

// used is what a process has used with all that it has started; without itself if it is Hawser, which starts HAProxy only.
func used(pid int, hawser bool) (cost, error) {
	parents, err := processes()
	if err != nil {
		return cost{}, err
	}
	var sum cost
	for p := range parents {
		if hawser && p == pid || !descends(p, pid, parents) {
			continue
		}
		c, err := usedBy(p)
		if err != nil {
			return cost{}, err
		}
		sum = cost{sum.sum + c.sum, sum.user + c.user, sum.system + c.system}
	}
	if sum.sum == 0 {
		return cost{}, fmt.Errorf("no HAProxy runs under the process %d", pid)
	}
	return sum, nil
}

func descends(p, pid int, parents map[int]int) bool {
	for ; p > 1; p = parents[p] {
		if p == pid {
			return true
		}
	}
	return false
}

func processes() (map[int]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	parents := map[int]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		fields, err := stat(pid)
		if err != nil {
			continue // it has ended
		}
		parents[pid], _ = strconv.Atoi(fields[1])
	}
	return parents, nil
}

// stat is the fields of /proc/PID/stat behind the name: state, parent, and so on.
func stat(pid int) ([]string, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	end := strings.LastIndexByte(string(data), ')')
	if end < 0 {
		return nil, fmt.Errorf("/proc/%d/stat reads %q", pid, data)
	}
	fields := strings.Fields(string(data[end+1:]))
	if len(fields) < 13 {
		return nil, fmt.Errorf("/proc/%d/stat reads %q", pid, data)
	}
	return fields, nil
}

func usedBy(pid int) (cost, error) {
	fields, err := stat(pid)
	if err != nil {
		return cost{}, err
	}
	utime, _ := strconv.Atoi(fields[11])
	stime, _ := strconv.Atoi(fields[12])
	c := cost{user: time.Duration(utime) * tick, system: time.Duration(stime) * tick}
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return cost{}, err
	}
	for _, file := range threads {
		data, err := os.ReadFile(file)
		if err != nil {
			return cost{}, err
		}
		on, _, _ := strings.Cut(string(data), " ")
		ns, err := strconv.ParseInt(on, 10, 64)
		if err != nil {
			return cost{}, fmt.Errorf("%s reads %q", file, data)
		}
		c.sum += time.Duration(ns)
	}
	return c, nil
}
