package dir

import (
	"slices"
	"sync"
)

// knowledge is what Watch has found, for Load.
type knowledge struct {
	mu      sync.Mutex // guards all fields: Watch and Load are different goroutines
	tree    *tree      // while Watch is sure to see every change; else nil
	fresh   bool       // tree is another one than that of the last take
	touched []string   // otherwise, the paths at which it was changed since
}

// set begins with another tree; nil: nothing is known.
func (k *knowledge) set(t *tree) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tree, k.fresh, k.touched = t, true, nil
}

// touch notes changes at paths; false asks for a walk, and until then nothing is known.
func (k *knowledge) touch(paths []string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tree == nil {
		return false
	}
	if !k.tree.touch(paths) {
		k.tree = nil
		return false
	}
	if !k.fresh {
		k.touched = append(k.touched, paths...)
	}
	return true
}

// take is the whole tree, or with ok what changed in it since the last take: files that are gone have no info. Both are nil
// if nothing is known.
func (k *knowledge) take() (t *tree, changed []found, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tree == nil {
		return nil, nil, false
	}
	paths := k.touched
	k.touched = nil
	if k.fresh {
		k.fresh = false
		whole := *k.tree
		whole.files = slices.Clone(whole.files) // touch writes into the list
		return &whole, nil, false
	}
	slices.SortFunc(paths, comparePaths)
	for _, path := range slices.Compact(paths) {
		if at, there := k.tree.find(path); there {
			changed = append(changed, k.tree.files[at])
		} else {
			changed = append(changed, found{path: path})
		}
	}
	return nil, changed, true
}

// again makes the next take a whole one.
func (k *knowledge) again() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fresh = true
}
