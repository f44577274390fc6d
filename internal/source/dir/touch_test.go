package dir

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestWhatIsTouchedIsWhatAWalkFinds changes a folder at random. Where touch has an answer, it is that of a walk.
func TestWhatIsTouchedIsWhatAWalkFinds(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	names := []string{"a.yaml", "b.yaml", "c.yml", "d.json", filepath.Join("sub", "a.yaml"), filepath.Join("sub", "b.yaml")}
	path := func() string { return filepath.Join(folder, names[random.IntN(len(names))]) }
	write(t, filepath.Join(folder, "z.yaml"), "")
	tree, answers := walk([]string{folder}), 0
	for n := range 2000 {
		changed := []string{path(), path()}
		for _, p := range changed {
			switch random.IntN(10) {
			case 0, 1:
				_ = os.Remove(p)
			case 2:
				_ = os.Link(filepath.Join(folder, "z.yaml"), p)
			case 3:
				_ = os.Symlink("z.yaml", p)
			case 4:
				_ = os.Mkdir(p, 0o700)
			case 5, 6:
				if info, err := os.Lstat(p); err == nil && info.Mode()&os.ModeSymlink != 0 {
					_ = os.Remove(p) // else another path is written to
				}
				_ = os.WriteFile(p, []byte(fmt.Sprint(n)), 0o600)
			default:
				unfinished := filepath.Join(folder, ".unfinished")
				write(t, unfinished, fmt.Sprint(n))
				if os.Rename(unfinished, p) != nil {
					_ = os.Remove(unfinished)
				}
			}
		}
		full := walk([]string{folder})
		if !tree.touch(changed) {
			tree = full
			continue
		}
		answers++
		if got, want := listed(tree), listed(full); !slices.Equal(got, want) {
			t.Fatalf("step %d, %v:\n%v\na walk finds\n%v", n, changed, got, want)
		}
	}
	if answers < 200 {
		t.Errorf("only %d of 2000 changes were understood", answers)
	}
}

func listed(t *tree) []string {
	var out []string
	for _, f := range t.files {
		s := f.stamp // without the time of change, which another name of a file moves, too
		out = append(out, fmt.Sprintf("%s %d %d %d", filepath.Base(f.path), s.inode.ino, s.size, s.written))
	}
	return out
}

// TestARenameIsAnnouncedSoon: the file is complete.
func TestARenameIsAnnouncedSoon(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "a.yaml"), configMap("a", "1"))
	s := open(t, folder)
	s.Debounce, s.Renamed, s.MaxDelay, s.Poll, s.Resync = forever, 5*time.Millisecond, forever, forever, forever
	w := startWatch(t, s, s.Watch)
	if _, issues := load(t, s); len(issues) > 0 {
		t.Fatal(issues)
	}
	for n := 2; n < 5; n++ {
		write(t, filepath.Join(folder, ".unfinished"), configMap("a", fmt.Sprint(n)))
		if err := os.Rename(filepath.Join(folder, ".unfinished"), filepath.Join(folder, "a.yaml")); err != nil {
			t.Fatal(err)
		}
		w.until(t, fmt.Sprintf("a=%d", n))
	}
}
