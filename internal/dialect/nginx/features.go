// Package nginx is the dialect of ingress-nginx v1.15: its annotations and the keys of its ConfigMap.
//
// It guarantees what the annotations mean, not how nginx does it; where ingress-nginx fails open, it closes and says
// so. It never touches HAProxy.
package nginx

import "github.com/hawser-ingress/hawser/internal/dialect"

// Features lists every feature. The order is that in which hooks run and in which the reference is printed.
func Features() []*dialect.Feature {
	return []*dialect.Feature{
		limits,
		forwarded,
		clientCert,
		regex,
		redirects, // before rewrite: a fixed redirect wins over a target that is a URL
		rewrite,
		root,
		links,
		alias,
		www,
		httpsRedirect,
		custom,
		headerNames,
		rewriteAnswers,
		tlsRules,
		tlsSessions,
		accessLog,
		logFormats, // after accessLog, which may turn the log off
		serverConnection,
		connections,
		gzip,
		bodySize,
		buffers,
		cors,
		customErrors,
		mirror,
		protocol,
		passthrough,
		fastCGI,    // after protocol, which asks for it
		serverTLS,  // after protocol: only TLS has certificates
		setHeaders, // after protocol: upstream-vhost wins over the Host of all servers
		timeouts,
		retries,
		hsts,
		block,
		sourceRange,
		basicAuth,
		externalAuth,
		satisfy,  // after sourceRange, whose denylist it speaks of
		snippets, // after what its lines take the place of
		limit,
		bandwidth,
		session,
		serviceUpstream,
		balance, // after session, which comes first
		canary,
		security,
		streams,
		sameForAll,
		unserved,
		unservedSettings,
	}
}
