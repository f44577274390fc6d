package oracle

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// A session sends the requests of one case, one after the other, and compares.
type session struct {
	client *Client
	farm   *Farm
	seat   seat
	mask   mask
	jar    map[string]string
	out    Result
}

// lateWait is how long to wait for requests that the recording has and no upstream server saw yet: mirrors come after the answer.
const lateWait = 300 * time.Millisecond

// replay runs one case on a running Hawser.
func (r *Replayer) replay(ctx context.Context, hawser *Hawser, farm *Farm, s seat) Result {
	_, httpPort, _ := net.SplitHostPort(hawser.HTTP)
	_, httpsPort, _ := net.SplitHostPort(hawser.HTTPS)
	run := &session{
		client: &Client{HTTP: hawser.HTTP, HTTPS: hawser.HTTPS, PKI: r.PKI},
		farm:   farm, seat: s, jar: map[string]string{}, out: Result{Case: s.c},
		mask: mask{place: s.place, httpPort: httpPort, httpsPort: httpsPort, now: time.Now(), cookies: s.c.affinityCookies(),
			issued: map[string]bool{}},
	}
	run.phase(ctx, "before")
	if s.c.Update != "" {
		changed, err := s.read(s.c.Update)
		if err == nil {
			err = hawser.Apply(ctx, update(s.objects, changed))
		}
		if err != nil {
			run.out.Findings = append(run.out.Findings, Finding{s.c.Name, "", Difference{"update", "applied", err.Error()}})
			return run.out
		}
	}
	run.phase(ctx, "")
	return run.out
}

func (s *session) phase(ctx context.Context, phase string) {
	for i, q := range s.seat.c.Requests {
		if q.Phase != phase {
			continue
		}
		want := s.seat.c.Answers[i]
		headers, err := s.filled(q.Headers)
		if err != nil {
			s.find(q, Difference{"request", "sendable", err.Error()})
			continue
		}
		q.Headers = headers
		for _, d := range Compare(want, s.ask(ctx, i, q, want)) {
			s.find(q, d)
		}
	}
}

func (s *session) filled(headers []string) ([]string, error) {
	var out []string
	for _, h := range headers {
		text, err := s.seat.place.fill(h)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}

func (s *session) find(q Request, d Difference) {
	s.out.Findings = append(s.out.Findings, Finding{s.seat.c.Name, q.Name, d})
}

// ask sends q as often as it says and returns the first answer with the counts of all.
func (s *session) ask(ctx context.Context, index int, q Request, want Answer) Answer {
	times, width := max(q.Repeat, 1), max(q.Concurrency, 1)
	ids := make([]string, times)
	raws := make([]rawAnswer, times)
	for i := 0; i < times; i += width {
		var group sync.WaitGroup
		for j := i; j < min(i+width, times); j++ {
			ids[j] = fmt.Sprintf("%s-%d-%d", s.seat.place.Namespace, index, j)
			s.farm.log.begin(ids[i])
			cookie := s.cookie(q)
			group.Go(func() { raws[j] = s.client.Send(ctx, q, cookie, ids[j]) })
		}
		group.Wait()
		for j := i; j < min(i+width, times); j++ {
			s.keep(q, raws[j])
		}
	}
	s.late(ids[0], want)
	first := s.mask.answer(q.Name, raws[0], s.farm.log.take(ids[0]))
	if q.Repeat > 0 {
		first.ByStatus, first.ByServer, first.Sequence = tally(raws)
	}
	for _, id := range ids[1:] {
		s.farm.log.take(id)
	}
	return first
}

// late waits for upstream requests that come after the answer.
func (s *session) late(id string, want Answer) {
	expected := len(want.Upstream.List)
	for end := time.Now().Add(lateWait); s.farm.log.count(id) < expected && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

func (s *session) cookie(q Request) string {
	if !q.Jar {
		return ""
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s.jar)) {
		all = append(all, name+"="+s.jar[name])
	}
	return strings.Join(all, "; ")
}

// keep stores the cookies of an answer, without their limits: no case depends on them.
func (s *session) keep(q Request, a rawAnswer) {
	if !q.Jar {
		return
	}
	for name, values := range a.fields {
		if !strings.EqualFold(name, "Set-Cookie") {
			continue
		}
		for _, v := range values {
			pair, _, _ := strings.Cut(v, ";")
			cookie, value, _ := strings.Cut(pair, "=")
			s.jar[cookie] = value
			if s.mask.cookies[cookie] {
				s.mask.issued[pair] = true
			}
		}
	}
}

// tally counts answers by status and by the server that wrote them ("-": none), and writes their order with repetitions counted.
func tally(raws []rawAnswer) (byStatus, byServer map[string]Count, sequence string) {
	byStatus, byServer = map[string]Count{}, map[string]Count{}
	var order []string
	for _, a := range raws {
		status, server := fmt.Sprint(a.status), "-"
		if a.err != nil {
			status = "error"
		}
		word := status
		if echo := echoOf(a.body); echo != "" {
			server = echo
			word += "/" + echo
		}
		byStatus[status] = byStatus[status].plusOne()
		byServer[server] = byServer[server].plusOne()
		order = append(order, word)
	}
	var words []string
	for i := 0; i < len(order); {
		n := i
		for n < len(order) && order[n] == order[i] {
			n++
		}
		words = append(words, fmt.Sprintf("%s*%d", order[i], n-i))
		i = n
	}
	return byStatus, byServer, strings.Join(words, " ")
}

func (c Count) plusOne() Count { return Count{Low: c.Low + 1, High: c.High + 1} }
