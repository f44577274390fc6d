package cli

import (
	"fmt"
	"log/slog"
	"strconv"

	"github.com/spf13/pflag"
)

// unused is the value of a flag that is accepted and has no effect.
type unused struct {
	kind  string // "bool", "int", "float", "duration" or "string"
	value string
}

func (u *unused) String() string { return u.value }

func (u *unused) Type() string {
	if u.kind == "" {
		return "string"
	}
	return u.kind
}

// Set refuses what ingress-nginx would refuse, so that a typing error shows here too.
func (u *unused) Set(s string) error {
	var err error
	switch u.kind {
	case "bool":
		_, err = strconv.ParseBool(s)
	case "int":
		_, err = strconv.Atoi(s)
	case "float":
		_, err = strconv.ParseFloat(s, 64)
	}
	u.value = s
	return err
}

// compatFlag is a flag of ingress-nginx that has no effect here.
type compatFlag struct {
	name, kind, value string // value is the default of ingress-nginx
	why               string // ends the sentence "It has no effect: …"
}

// compatFlags are accepted, so that the arguments of a Deployment move over. Setting one to something else than
// ingress-nginx's default is told in the log, with the reason.
func compatFlags() []compatFlag {
	const (
		lua        = "it is about ingress-nginx's Lua code, which HAProxy does not have"
		geo        = "there is no GeoIP database"
		histograms = "request figures come from HAProxy's counters, which have no buckets of this kind"
	)
	return []compatFlag{
		{"bucket-factor", "float", "0", histograms},
		{"deep-inspect", "bool", "true", "values can't become directives of HAProxy, so none needs an inspection"},
		{"default-server-port", "int", "8181", "there is no such internal port"},
		{"disable-full-test", "bool", "false", "the admission test never starts HAProxy, so it need not be smaller"},
		{"disable-sync-events", "bool", "false", "there are no Events about mere synchronisation"},
		{"dynamic-configuration-retries", "int", "15", lua},
		{"enable-annotation-validation", "bool", "true", "values are always checked; one that does not parse never reaches HAProxy"},
		{"enable-metrics", "bool", "false", "figures are always offered at --admin-address"},
		{"enable-ssl-chain-completion", "bool", "false", "no intermediate certificate is fetched; put the whole chain into tls.crt"},
		{"exclude-socket-metrics", "string", "", histograms},
		{"health-check-timeout", "int", "10", "the health check asks nobody that could be late"},
		{"internal-logger-address", "string", "127.0.0.1:11514", "HAProxy logs without a port"},
		{"length-buckets", "string", "", histograms},
		{"max-buckets", "int", "100", histograms},
		{"maxmind-edition-ids", "string", "GeoLite2-City,GeoLite2-ASN", geo},
		{"maxmind-license-key", "string", "", geo},
		{"maxmind-mirror", "string", "", geo},
		{"maxmind-retries-count", "int", "1", geo},
		{"maxmind-retries-timeout", "duration", "0s", geo},
		{"metrics-per-undefined-host", "bool", "false", "a host that no Ingress has is no label"},
		{"monitor-max-batch-size", "int", "10000", lua},
		{"size-buckets", "string", "", histograms},
		{"ssl-passthrough-proxy-port", "int", "442", "HAProxy needs no internal port for it"},
		{"status-port", "int", "10246", lua},
		{"stream-port", "int", "10247", lua},
		{"time-buckets", "string", "", histograms},
		{"udp-services-configmap", "string", "", "HAProxy forwards no UDP; expose these ports by a Service of their own"},
	}
}

// registerCompat adds the flags that nobody else has by now.
func registerCompat(f *pflag.FlagSet) {
	for _, c := range compatFlags() {
		if f.Lookup(c.name) != nil {
			continue
		}
		f.Var(&unused{kind: c.kind, value: c.value}, c.name, "accepted for ingress-nginx's arguments; it has no effect: "+c.why)
		flag := f.Lookup(c.name)
		flag.Hidden = true
		if c.kind == "bool" {
			flag.NoOptDefVal = "true"
		}
	}
}

// warnCompat tells which flags were set and do nothing.
func warnCompat(f *pflag.FlagSet, log *slog.Logger) {
	for _, c := range compatFlags() {
		flag := f.Lookup(c.name)
		if flag == nil || !flag.Changed {
			continue
		}
		if u, ok := flag.Value.(*unused); ok && u.value != c.value {
			log.Warn(fmt.Sprintf("The flag --%s has no effect: %s", c.name, c.why), "value", shown(c.name, u.value))
		}
	}
}

// shown keeps the licence key out of the log.
func shown(name, value string) string {
	if name == "maxmind-license-key" {
		return "…"
	}
	return value
}
