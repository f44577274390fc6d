package oracle

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Batch is the cases that share one running Hawser: none touches another's hosts.
type Batch struct {
	Name  string
	Cases []*Case
}

// Plan packs the cases into as few batches as it can. A case gets a batch of its own if it asks for it, changes the ConfigMap or the flags, is
// updated on the way, or takes any host; the others share, but never with one that has the same host.
func Plan(cases []*Case) ([]Batch, error) {
	var shared, own []Batch
	taken := []map[string]bool{}
	for _, c := range cases {
		hosts, err := c.hosts()
		if err != nil {
			return nil, err
		}
		if c.Alone || c.ConfigMap != "" || c.Update != "" || len(c.Flags) > 0 || slices.Contains(hosts, "") {
			own = append(own, Batch{c.Name, []*Case{c}})
			continue
		}
		i := slices.IndexFunc(taken, func(t map[string]bool) bool {
			return !slices.ContainsFunc(hosts, func(h string) bool { return t[h] })
		})
		if i < 0 {
			i = len(taken)
			taken = append(taken, map[string]bool{})
			shared = append(shared, Batch{Name: fmt.Sprintf("shared %d", i+1)})
		}
		shared[i].Cases = append(shared[i].Cases, c)
		for _, h := range hosts {
			taken[i][h] = true
		}
	}
	return append(shared, own...), nil
}

// hosts lists the hosts that the objects of c claim and the ones that its requests name.
func (c *Case) hosts() ([]string, error) {
	all, err := objects(c.Manifests+"\n---\n"+c.Update, "any", time.Time{})
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", c.Name, err)
	}
	hosts := hostnames(all)
	for _, r := range c.Requests {
		if strings.HasSuffix(r.Host, ".test") && r.Host != "unknown.test" && r.Host != "whatever.test" {
			hosts = append(hosts, strings.ToLower(r.Host))
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts), nil
}

// affinityCookies lists the cookies whose values the recording masks.
func (c *Case) affinityCookies() map[string]bool {
	names := map[string]bool{}
	for _, a := range c.Answers {
		for _, v := range a.Headers["Set-Cookie"] {
			name, rest, _ := strings.Cut(v, "=")
			if strings.HasPrefix(rest, "<affinity>") || strings.HasPrefix(rest, "<hex32>|<hex32>") {
				names[name] = true
			}
		}
	}
	return names
}
