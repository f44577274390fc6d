package parity

// pending are differences that are to go: nothing speaks for them.
func (t table) pending(build) []difference {
	all := []difference{
		{
			class:   "X-Original-Forwarded-Host",
			reason:  "ingress-nginx keeps the client's X-Forwarded-Host under this name, as it does with X-Forwarded-For",
			applies: func(testCase, outcome) bool { return true },
			expect:  func(_ testCase, o outcome) outcome { return without(o, "x-original-forwarded-host:") },
		},
	}
	return all
}
