package parity

// difference is a class of cases where Hawser does something else than
// ingress-nginx on purpose, or because HAProxy can't do otherwise.
type difference struct {
	class   string
	reason  string
	applies func(testCase, outcome) bool
	// expect turns nginx's outcome into the one that Hawser must have.
	expect func(testCase, outcome) outcome
}

// differences lists every allowed difference on the given branch of HAProxy.
func differences(string) []difference { return nil }
