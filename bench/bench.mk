# BENCH=quick takes small numbers, ONLY=row,row measures some rows, WRITE=1 writes the table into README and
# docs/performance.md. JSON is the file for all figures. The first run builds an API server, which takes minutes.
BENCH ?= full
ONLY ?=
WRITE ?=
JSON ?= .state/bench.json
SOAK ?= 30m

.PHONY: bench-ready
bench-ready: build e2e-servers
	hack/install haproxy ip=iproute2
	cd test/e2e && go build -o ../../.cache/e2e/controlplane ./controlplane
	go build -o bin/hawser-bench ./bench

.PHONY: bench
bench: bench-ready ## measure what Hawser promises; BENCH=quick, ONLY=row, WRITE=1
	@mkdir -p $(dir $(JSON))
	@exec bin/hawser-bench -json $(JSON) $(if $(filter quick,$(BENCH)),-quick) $(if $(ONLY),-only $(ONLY)) $(if $(WRITE),-write)

.PHONY: soak
soak: bench-ready ## a day of changes in SOAK=30m, and a verdict
	@exec bin/hawser-bench soak -time $(SOAK)
