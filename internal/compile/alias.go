package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// claims are the names that hosts have beside their own. A name has one owner, so each host depends on all of them.
type claims struct {
	made   map[*model.Host]claim
	shards map[*part]*model.Shard // of parts with claims
	issues issue.List
}

// claim is a host with the aliases that are left to it, and the one that sends to it; nil: there is none.
type claim struct {
	host, www *model.Host
}

// move gives the shards to the parts that replace others with the same hosts.
func (c *claims) move(ch changes) {
	for _, next := range ch.come {
		for _, old := range ch.gone {
			if b := c.shards[old]; b != nil && old.shard == next.shard {
				c.shards[next] = b
			}
		}
	}
	for _, old := range ch.gone {
		delete(c.shards, old)
	}
}

// claim gives the hosts their other names, in the order of the hosts. What was made before is used again.
func (c *Compiler) claim() {
	before := c.claims
	c.claims = claims{made: map[*model.Host]claim{}, shards: map[*part]*model.Shard{}}
	var wanting []*model.Host
	for _, h := range c.hosts {
		if len(h.Aliases) > 0 || h.WWW {
			wanting = append(wanting, h)
		}
	}
	aliased := map[model.Hostname]model.Hostname{} // name -> host
	for _, h := range wanting {
		made := claim{host: h}
		if left := c.freeAliases(h, aliased); len(left) != len(h.Aliases) {
			made.host = withAliases(before.made[h].host, h, left)
		}
		c.claims.made[h] = made
	}
	for _, h := range wanting {
		made := c.claims.made[h]
		made.www = c.wwwHost(h, before.made[h].www, aliased)
		c.claims.made[h] = made
	}
	if len(wanting) == 0 {
		return
	}
	for _, p := range c.parts {
		c.claimPart(p, before.shards[p])
	}
}

// claimPart gives a part the hosts that were made for it.
func (c *Compiler) claimPart(p *part, before *model.Shard) {
	var hosts []*model.Host
	claims := false
	for _, h := range p.hosts {
		made, wants := c.claims.made[h]
		claims = claims || wants
		if !wants {
			made.host = h
		}
		hosts = append(hosts, made.host)
		if made.www != nil {
			hosts = append(hosts, made.www)
		}
	}
	if !claims {
		return
	}
	slices.SortFunc(hosts, compareHosts)
	if before == nil || !slices.Equal(before.Hosts, hosts) {
		before = &model.Shard{Hosts: hosts}
	}
	c.claims.shards[p] = before
}

// allHosts are the hosts of the parts with what was made of them.
func (c *Compiler) allHosts() []*model.Host {
	if len(c.claims.made) == 0 {
		return c.hosts
	}
	var out, www []*model.Host
	for _, h := range c.hosts {
		made, wants := c.claims.made[h]
		if !wants {
			made.host = h
		}
		out = append(out, made.host)
		if made.www != nil {
			www = append(www, made.www)
		}
	}
	slices.SortFunc(www, compareHosts)
	return merged(out, nil, www, compareHosts)
}

// shards are the parts for the model, by their first host.
func (c *Compiler) shards() []*model.Shard {
	out := make([]*model.Shard, 0, len(c.parts)+1)
	add := func(p *part) {
		if p == nil || len(p.hosts) == 0 {
			return
		}
		made := c.claims.shards[p]
		if made == nil {
			made = p.shard
		}
		out = append(out, made)
	}
	add(c.catchAll)
	for _, p := range c.parts {
		add(p)
	}
	slices.SortFunc(out, func(a, b *model.Shard) int { return compareHosts(a.Hosts[0], b.Hosts[0]) })
	return out
}

func (c *Compiler) hasHost(name model.Hostname) bool {
	_, ok := slices.BinarySearchFunc(c.hosts, &model.Host{Name: name}, compareHosts)
	return ok
}

// freeAliases leaves out the aliases that are a host of an Ingress, or an alias of an earlier host.
func (c *Compiler) freeAliases(h *model.Host, aliased map[model.Hostname]model.Hostname) []model.Hostname {
	return slices.DeleteFunc(slices.Clone(h.Aliases), func(name model.Hostname) bool {
		owner := aliased[name]
		if c.hasHost(name) {
			owner = name
		}
		if owner == "" {
			aliased[name] = h.Name
			return false
		}
		if owner != h.Name {
			c.claims.issues = append(c.claims.issues, aliasIssue(h, c.snapshot.Settings.AnnotationsPrefix, issue.Conflict,
				fmt.Sprintf("%s is no alias of host %s: it belongs to host %s.", name, h.Name, owner)))
		}
		return true
	})
}

func withAliases(before, h *model.Host, left []model.Hostname) *model.Host {
	if before != nil && slices.Equal(before.Aliases, left) {
		return before
	}
	out := *h
	out.Aliases = left
	return &out
}

// checkPatterns removes the expressions for aliases that HAProxy can't compile.
func (c *compiler) checkPatterns(h *host) {
	h.Patterns = slices.DeleteFunc(slices.Clone(h.Patterns), func(pattern string) bool {
		reason, refused := c.options.Refused[model.ExpressionRef(pattern)]
		if refused {
			c.issues = append(c.issues, aliasIssue(h.Host, c.snapshot.Settings.AnnotationsPrefix, issue.BadValue,
				fmt.Sprintf("%s is no regular expression: %s.", pattern, strings.TrimSuffix(reason, "."))))
		}
		return refused
	})
}

func aliasIssue(h *model.Host, prefix string, code issue.Code, message string) issue.Issue {
	return issue.Issue{
		Code: code, Severity: issue.Warning, Effect: issue.Ignored, Object: h.AliasFrom,
		Field: prefix + "/server-alias", Message: message,
	}
}

// wwwHost is the host that sends to h from its name with "www." in front, or without it; nil if that name is taken.
func (c *Compiler) wwwHost(h, before *model.Host, aliased map[model.Hostname]model.Hostname) *model.Host {
	from := "www." + h.Name
	if bare, ok := strings.CutPrefix(string(h.Name), "www."); ok {
		from = model.Hostname(bare)
	}
	if _, taken := aliased[from]; taken || !h.WWW || c.hasHost(from) {
		return nil
	}
	if before != nil {
		return before
	}
	out := &model.Host{Name: from, Origins: h.Origins}
	w, _ := c.worker(c.snapshot, nil)
	w.applyGlobalClientCert(&host{Host: out})
	if h.TLS != nil && certFor(h.TLS, from) {
		out.TLS = h.TLS
	}
	to := model.Template{
		{Var: model.VarScheme}, {Text: "://" + string(h.Name) + ":"}, {Var: model.VarListenPort}, {Var: model.VarBareURI},
	}
	out.Routes = []*model.Route{{
		Match:  model.Match{Kind: model.Prefix, Path: "/"},
		Action: model.Redirect{To: to, Code: c.settings.global.RedirectCode}, Ingress: h.Origins[0], Origins: h.Origins,
	}}
	return out
}
