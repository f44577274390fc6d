# The cluster tests. The first run builds etcd, the Kubernetes servers and Helm through the Go module proxy into
# .cache/e2e, which takes minutes; later runs find them there. iproute2 is needed.
.PHONY: e2e e2e-servers

e2e: e2e-servers
	cd test/e2e && go vet ./... && go test -count=1 -timeout 20m ./...

e2e-servers:
	cd test/e2e && go run ./buildservers
