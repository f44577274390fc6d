package machine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the times in /proc/PID/stat: USER_HZ, which is 100 on every architecture that Go knows.
const tick = 10 * time.Millisecond

// Usage is what a process has used.
type Usage struct {
	CPU     time.Duration // of all its threads, those that have ended too
	Reaped  time.Duration // of children that have ended
	Parent  int
	Command string // its first 15 bytes
}

// UsageOf reads what a process has used so far.
func UsageOf(pid int) (Usage, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Usage{}, err
	}
	return parseStat(text)
}

// parseStat reads proc_pid_stat(5). The command stands in parentheses and may hold anything, parentheses too.
func parseStat(text []byte) (Usage, error) {
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return Usage{}, fmt.Errorf("no command in %q", text)
	}
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 15 {
		return Usage{}, fmt.Errorf("%d fields in %q", len(fields), text)
	}
	var numbers [15]int64
	for _, n := range []int{1, 11, 12, 13, 14} {
		v, err := strconv.ParseInt(fields[n], 10, 64)
		if err != nil {
			return Usage{}, fmt.Errorf("field %d of %q: %w", n+3, text, err)
		}
		numbers[n] = v
	}
	return Usage{
		CPU: time.Duration(numbers[11]+numbers[12]) * tick, Reaped: time.Duration(numbers[13]+numbers[14]) * tick,
		Parent: int(numbers[1]), Command: string(text[open+1 : end]),
	}, nil
}

// Memory is what a process has in memory, in bytes.
type Memory struct {
	Resident, Peak int64
}

// MemoryOf reads the resident memory of a process.
func MemoryOf(pid int) (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return Memory{}, err
	}
	return parseStatus(string(text))
}

func parseStatus(text string) (Memory, error) {
	var m Memory
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		var to *int64
		switch name {
		case "VmRSS":
			to = &m.Resident
		case "VmHWM":
			to = &m.Peak
		default:
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return m, fmt.Errorf("%s: %w", name, err)
		}
		*to = kib << 10
	}
	if m.Resident == 0 {
		return m, fmt.Errorf("there is no VmRSS: the process has ended")
	}
	return m, nil
}

// Below lists the processes that pid has started, and those that they have; of a command, unless it is empty.
func Below(pid int, command string) ([]int, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	usages := map[int]Usage{}
	for _, dir := range dirs {
		id, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if u, err := UsageOf(id); err == nil { // else it has ended meanwhile
			usages[id] = u
		}
	}
	var out []int
	for id, u := range usages {
		if id != pid && descends(usages, id, pid) && (command == "" || u.Command == command) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out, nil
}

func descends(usages map[int]Usage, id, from int) bool {
	for range len(usages) {
		u, ok := usages[id]
		if !ok {
			return false
		}
		if u.Parent == from {
			return true
		}
		id = u.Parent
	}
	return false
}
