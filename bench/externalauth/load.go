package main

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// result is what one load gave.
type result struct {
	count         int
	perSecond     float64
	p50, p99, max time.Duration
	statuses      map[int]int
}

// load sends requests from n clients that wait for their answers.
func load(url string, n int, d time.Duration, header http.Header) result {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n, DisableCompression: true}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	var mu sync.Mutex // guards all and statuses
	var all []time.Duration
	statuses := map[int]int{}
	end := time.Now().Add(d)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			var own []time.Duration
			seen := map[int]int{}
			for time.Now().Before(end) {
				took, status := one(client, url, header)
				own = append(own, took)
				seen[status]++
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
			for status, count := range seen {
				statuses[status] += count
			}
		})
	}
	wg.Wait()
	slices.Sort(all)
	return result{len(all), float64(len(all)) / d.Seconds(), all[len(all)/2], all[len(all)*99/100], all[len(all)-1], statuses}
}

func one(client *http.Client, url string, header http.Header) (time.Duration, int) {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0, 0
	}
	r.Header = header.Clone()
	start := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		return time.Since(start), 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return time.Since(start), resp.StatusCode
}
