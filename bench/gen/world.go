package gen

import "fmt"

// World is where the objects go: a folder of manifests, or a cluster. Each method changes one object, and returns when
// the change is made, which is before anybody has seen it.
type World interface {
	PutIngress(n, service int) error
	PutService(n int) error
	PutEndpoints(n, first, second int) error // the generation of each endpoint
	PutSecret(group, renewal int) error
	PutSettings(data map[string]string) error
	DeleteIngress(n int) error
	DeleteService(n int) error // with its endpoints
}

// Fill makes the sites from (inclusive) to (exclusive), and their Secrets. Where the World allows it, several are made at
// once.
func Fill(w World, from, to, workers int) error {
	if err := Secrets(w, Groups(from), Groups(to), workers); err != nil {
		return err
	}
	return each(from, to, workers, func(n int) error { return PutSite(w, n) })
}

// Secrets makes those of the groups from (inclusive) to (exclusive).
func Secrets(w World, from, to, workers int) error {
	return each(from, to, workers, func(g int) error { return w.PutSecret(g, 0) })
}

// PutSite makes one site, the Ingress last.
func PutSite(w World, n int) error {
	if err := w.PutService(n); err != nil {
		return err
	}
	if err := w.PutEndpoints(n, 0, 0); err != nil {
		return err
	}
	return w.PutIngress(n, n)
}

// DeleteSite removes one site, the Ingress first.
func DeleteSite(w World, n int) error {
	if err := w.DeleteIngress(n); err != nil {
		return err
	}
	return w.DeleteService(n)
}

// each calls f for every number in the range, by several goroutines, and returns one of the errors.
func each(from, to, workers int, f func(int) error) error {
	numbers, failed := make(chan int), make(chan error, workers)
	stop := make(chan struct{})
	go func() {
		defer close(numbers)
		for n := from; n < to; n++ {
			select {
			case numbers <- n:
			case <-stop:
				return
			}
		}
	}()
	for range workers {
		go func() {
			for n := range numbers {
				if err := f(n); err != nil {
					failed <- fmt.Errorf("number %d: %w", n, err)
					return
				}
			}
			failed <- nil
		}()
	}
	var first error
	for range workers {
		if err := <-failed; err != nil && first == nil {
			first = err
			close(stop)
		}
	}
	return first
}
