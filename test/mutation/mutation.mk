# Each feature, or with KEYS=1 each annotation, is left out in turn; ONLY is a glob of their names.

.PHONY: mutation
mutation: test-ready ## leave out each feature in turn: a test has to fail
	go run ./test/mutation $(if $(KEYS),-keys) $(if $(ONLY),-only '$(ONLY)')
