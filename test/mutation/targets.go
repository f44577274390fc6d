package main

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/dialect"
)

// test names tests of a folder; cases are those of the recordings.
type test struct{ folder, run, cases string }

func (t test) String() string { return strings.TrimSpace(t.folder + " " + cmp.Or(t.cases, t.run)) }

// behaviour names tests of test/behaviour.
func behaviour(run string) test { return test{folder: "test/behaviour", run: run} }

// bypass names tests of test/bypass.
func bypass(run string) test { return test{folder: "test/bypass", run: run} }

// recorded names recordings, separated by commas.
func recorded(cases string) test { return test{folder: "test/oracle", run: "TestReplay", cases: cases} }

// mutant is a Hawser without one of its parts.
type mutant struct {
	variable, name string
	tests          []test
}

// features gives a mutant for each feature.
func features() []mutant {
	var out []mutant
	for _, f := range compile.Registry().Features {
		out = append(out, mutant{featureVariable, f.Name, testsOf(f.Name)})
	}
	return out
}

// annotations gives a mutant for each annotation that is served, looked at by the tests of its feature.
func annotations() []mutant {
	var out []mutant
	for _, f := range compile.Registry().Features {
		for _, spec := range f.Keys {
			if d := spec.Describe(); d.Scope != dialect.Setting && d.Support != dialect.None {
				out = append(out, mutant{keyVariable, d.Key, testsOf(f.Name)})
			}
		}
	}
	slices.SortFunc(out, func(a, b mutant) int { return cmp.Compare(a.name, b.name) })
	return out
}

// testsOf names the tests that look at a feature, the quickest first.
func testsOf(feature string) []test { return targets()[feature] }

func targets() map[string][]test {
	return map[string][]test{
		"limits":            {recorded("snippets/word-blocklist,mtls/risk-level")},
		"forwarded":         {recorded("headers/*forwarded*,headers/*real-ip*,headers/compute-full-*"), behaviour("TestProxyProtocol")},
		"client-cert":       {recorded("mtls/*"), behaviour("TestErrorPageOfClientCertificates")},
		"regex":             {recorded("path-matching/regex-*")},
		"redirect":          {recorded("redirects/permanent-*,redirects/temporal-*")},
		"rewrite":           {recorded("rewrite/*")},
		"app-root":          {recorded("rewrite/app-root*")},
		"links":             {recorded("redirects/*")},
		"server-alias":      {recorded("server/server-alias*")},
		"from-to-www":       {behaviour("TestFromToWWW"), recorded("redirects/from-to-www*")},
		"https-redirect":    {recorded("redirects/*ssl-redirect*")},
		"custom-headers":    {recorded("headers/custom-headers*")},
		"header-names":      {recorded("headers/*"), behaviour("TestHeadersAndConnections")},
		"rewrite-answers":   {recorded("headers/proxy-cookie-*,redirects/proxy-redirect-*")},
		"tls":               {recorded("server/use-http2-off,server/ssl-*"), behaviour("TestTLSSettings")},
		"tls-sessions":      {behaviour("TestTLSSettings")},
		"streams":           {behaviour("TestStreamSettings")},
		"same-for-all":      {behaviour("TestSameForAll")},
		"access-log":        {behaviour("TestHeadersAndConnections")},
		"log-format":        {behaviour("TestLogFormat")},
		"connection-header": {behaviour("TestConnectionHeader")},
		"connections":       {behaviour("TestHeadersAndConnections"), behaviour("TestConnectionsOfClients")},
		"gzip":              {behaviour("TestHeadersAndConnections")},
		"body-size":         {recorded("body/*")},
		"buffers":           {behaviour("TestBuffers")},
		"cors":              {recorded("cors/*")},
		"custom-errors":     {recorded("upstream/custom-http-errors*,upstream/default-backend*"), behaviour("TestErrorPages.*")},
		"protocol":          {recorded("headers/upstream-vhost*"), recorded("upstream/*"), behaviour("TestAutoHTTP")},
		"passthrough":       {behaviour("TestPassthrough")},
		"fastcgi":           {behaviour("TestFastCGI")},
		"server-tls":        {recorded("upstream/proxy-ssl-*"), behaviour("TestServerTLS")},
		"headers":           {recorded("headers/proxy-set-*,headers/hide-*,headers/upstream-vhost*,headers/allow-backend-*")},
		"timeouts":          {recorded("upstream/*timeout*"), behaviour("TestServerTimes")},
		"retries":           {recorded("upstream/retry-*"), behaviour("TestTries")},
		"mirror":            {recorded("mirror/*"), behaviour("TestMirror")},
		"hsts":              {recorded("headers/hsts-*")},
		"block":             {behaviour("TestBlockedClients")},
		"source-range":      {recorded("access/allowlist-*,access/denylist*"), behaviour("TestClientAddresses")},
		"basic-auth":        {recorded("access/basic*"), behaviour("TestPasswords")},
		"external-auth":     {recorded("external-auth/*"), behaviour("TestConnectionsToTheService|TestSettingsAskForEveryRoute|TestSnippetsOfTheConfigMap|TestSameForAll")},
		"satisfy":           {recorded("access/satisfy-*")},
		"snippets":          {recorded("snippets/*"), behaviour("TestSnippet.*")},
		"limit":             {recorded("access/limit-*"), behaviour("TestRates|TestLimitSettings")},
		"bandwidth":         {behaviour("TestBandwidth")},
		"session":           {recorded("affinity/*"), behaviour("TestSession.*")},
		"service-upstream":  {recorded("upstream/service-upstream")},
		"balance":           {behaviour("TestSpreading")},
		"canary":            {recorded("canary/*")},
		"security":          {recorded("access/basic-cross-namespace"), behaviour("TestWhatAnnotationsMayName")},
		"unserved":          {behaviour("TestUnservedKeys")},
		"unserved-settings": {behaviour("TestUnservedKeys")},
		"client-ca":         {bypass("TestIgnoredErrors")},
	}
}
