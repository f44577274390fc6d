package parity

// pending are differences that are to go: nothing speaks for them.
func (t table) pending(under build) []difference {
	all := []difference{
		{
			class:   "X-Original-Forwarded-Host",
			reason:  "ingress-nginx keeps the client's X-Forwarded-Host under this name, as it does with X-Forwarded-For",
			applies: func(testCase, outcome) bool { return true },
			expect:  func(_ testCase, o outcome) outcome { return without(o, "x-original-forwarded-host:") },
		},
	}
	if under.haproxy == "3.2" {
		return all
	}
	return append(all, difference{
		class:  "resumed session of a certificate that was refused",
		reason: "where HAProxy doesn't isolate sessions it is answered by 421, and the error page isn't shown",
		applies: func(c testCase, o outcome) bool {
			return o.handshake == "again" && (o.status == 400 || o.status == 302) && t.presents(c) && c.dial.SNI == c.request.Host
		},
		expect: func(_ testCase, o outcome) outcome {
			return outcome{status: 421, hsts: "max-age=31536000; includeSubDomains", handshake: o.handshake}
		},
	})
}
