package issue

// Code is a stable name of a kind of issue: documented, a metric label, the reason of an Event.
type Code string

// The codes, each with its meaning in Docs.
const (
	ManifestParse      Code = "manifest/parse"
	ManifestUnknown    Code = "manifest/unknown-kind"
	ManifestDuplicate  Code = "manifest/duplicate"
	BadValue           Code = "annotation/bad-value"
	UnknownAnnotation  Code = "annotation/unknown"
	Unsupported        Code = "annotation/unsupported"
	PartialSupport     Code = "annotation/partial"
	Conflict           Code = "annotation/conflict"
	BadSetting         Code = "configmap/bad-value"
	UnknownSetting     Code = "configmap/unknown"
	UnsupportedSetting Code = "configmap/unsupported"
	NotAdmitted        Code = "annotation/not-admitted"
	SnippetLine        Code = "snippet/line"
	SnippetBroken      Code = "snippet/broken"
	SnippetForbidden   Code = "snippet/forbidden"
	OtherClass         Code = "ingress/other-class"
	ServiceMissing     Code = "ingress/service-missing"
	PortMissing        Code = "ingress/port-missing"
	PathInvalid        Code = "ingress/path-invalid"
	PathDuplicate      Code = "ingress/path-duplicate"
	HostInvalid        Code = "ingress/host-invalid"
	BackendUnsupported Code = "ingress/backend-unsupported"
	StreamInvalid      Code = "tcp/invalid"
	CertificateMissing Code = "tls/certificate-missing"
	CertificateBroken  Code = "tls/certificate-broken"
	CertificateHost    Code = "tls/certificate-host"
	ClientCAMissing    Code = "client-cert/secret-missing"
	ClientCABroken     Code = "client-cert/secret-broken"
	ClientCertRisk     Code = "client-cert/risk"
	ServerTrust        Code = "server-tls/secret"
	Passthrough        Code = "tls/passthrough"
	UsersMissing       Code = "basic-auth/secret-missing"
	UsersBroken        Code = "basic-auth/secret-broken"
	AuthBroken         Code = "external-auth/broken"
	AuthRisk           Code = "external-auth/risk"
	Refused            Code = "haproxy/refused"
	HAProxyLimit       Code = "haproxy/limit"
)

// Doc is a code with its meaning, as the documentation lists it.
type Doc struct {
	Code    Code
	Meaning string
}

// Docs lists every code in the order of the documentation.
func Docs() []Doc {
	return []Doc{
		{ManifestParse, "A manifest file could not be read; the last good version of its objects stays."},
		{ManifestUnknown, "A manifest holds an object of a kind or version that is not read."},
		{ManifestDuplicate, "The same object stands in several files; the first one is used."},
		{BadValue, "The value of an annotation does not parse."},
		{UnknownAnnotation, "The annotation is not one of ingress-nginx: most likely a typing error."},
		{Unsupported, "The annotation is known and can't be served."},
		{PartialSupport, "The annotation is served with a documented difference."},
		{Conflict, "Two annotations, or two Ingresses of one host, contradict each other."},
		{BadSetting, "The value of a ConfigMap key does not parse."},
		{UnknownSetting, "The ConfigMap key is not known: most likely a typing error."},
		{UnsupportedSetting, "The ConfigMap key is known and has no effect here."},
		{NotAdmitted, "The operator does not let annotations be as risky as this one, or have a word of its value; the routes of the Ingress are closed."},
		{SnippetLine, "A line of a snippet is not served as nginx would, or not at all."},
		{SnippetBroken, "A snippet can't be read, so nobody knows what it protects; the routes are closed."},
		{SnippetForbidden, "The operator does not allow snippets; this one is not read, or closes what it may protect."},
		{OtherClass, "An Ingress is left to another controller."},
		{ServiceMissing, "A backend names a Service that does not exist."},
		{PortMissing, "A backend names a port that its Service does not have."},
		{PathInvalid, "A path can't be matched as written."},
		{PathDuplicate, "An older Ingress already serves the same host, path and type."},
		{HostInvalid, "A host is no DNS name and no wildcard of one."},
		{BackendUnsupported, "A backend is neither a Service nor anything else that can be served."},
		{StreamInvalid, "An entry of the ConfigMap with TCP ports can't be honoured; the port is closed."},
		{CertificateMissing, "A tls section names a Secret that does not exist; the default certificate is used."},
		{CertificateBroken, "A Secret holds no usable certificate and key; the default certificate is used."},
		{CertificateHost, "The certificate does not name the host; the default certificate is used."},
		{ClientCAMissing, "The Secret with the client CA does not exist or may not be used; the host is closed."},
		{ClientCABroken, "The Secret with the client CA has no usable ca.crt or ca.crl; the host is closed."},
		{ClientCertRisk, "The client-certificate policy accepts more than its author may expect."},
		{ServerTrust, "Servers can't be verified, or shown a certificate, as the Ingress asks; the routes are closed."},
		{Passthrough, "TLS connections of a host go to its servers as they are, or should and don't."},
		{UsersMissing, "The Secret with the users does not exist or may not be used; the routes are closed."},
		{UsersBroken, "The Secret has no list of users, or hashes that can't be checked; these users are refused."},
		{AuthBroken, "The service that decides about requests can't be asked as written; the routes are closed."},
		{AuthRisk, "External authentication lets in more than its author may expect."},
		{Refused, "HAProxy refuses what the object compiles to; the object is withheld, everything else is live."},
		{HAProxyLimit, "The HAProxy in use can't do what the object asks for."},
	}
}
