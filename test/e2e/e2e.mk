# The first run builds etcd, the Kubernetes servers and Helm through the Go module proxy into .cache/e2e, which takes
# minutes; later runs find them there.

.PHONY: e2e-servers
e2e-servers: go-ready ## build the servers of the cluster tests, once
	go mod download
	cd test/e2e && go run ./buildservers

# The program that `make e2e-servers` runs, to ask it whether there is anything to build.
.PHONY: e2e-tool
e2e-tool: go-ready
	cd test/e2e && go build -o ../../.cache/e2e/buildservers ./buildservers

.PHONY: e2e
e2e: e2e-servers ## the cluster tests: a real Kubernetes API server, and the chart
	hack/install ip=iproute2
	cd test/e2e && go vet ./... && go test -timeout 20m ./...
