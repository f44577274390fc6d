# Everything works on a fresh Debian 12 as root or with sudo; only Go has to be there. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# haproxy and nginx are in sbin, which is not on every user's path.
export PATH := $(PATH):/usr/local/go/bin:/usr/sbin:/sbin

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
LDFLAGS := -s -w -X github.com/hawser-ingress/hawser/internal/cli.Version=$(VERSION)
# The version is given above, so that a build doesn't depend on git being there or owning the folder.
GOBUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'
SOURCES := $(wildcard cmd internal hack test bench)

HTTP_PORT ?= 8080
HTTPS_PORT ?= 8443
BIND ?= 127.0.0.1
FUZZTIME ?= 30s
MATRIX ?= 3.0 3.2

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(sort $(MAKEFILE_LIST))

.PHONY: go-ready
go-ready:
	@hack/check-go
	@# Without certificates Go can't download modules.
	@compgen -G '/etc/ssl/certs/*' >/dev/null || hack/install update-ca-certificates=ca-certificates

.PHONY: build
build: go-ready ## build bin/hawser, a static binary
	$(GOBUILD) -o bin/hawser ./cmd/hawser

.PHONY: demo-ready
demo-ready: build
	hack/install haproxy curl
	$(GOBUILD) -o bin/hawser-demo ./hack/demo

.PHONY: run
run: demo-ready ## serve examples/demo here and print commands to try
	@exec bin/hawser-demo -bind $(BIND) -http-port $(HTTP_PORT) -https-port $(HTTPS_PORT)

.PHONY: run-check
run-check: demo-ready ## serve examples/demo on free ports and check what the commands answer
	@exec bin/hawser-demo -check -state .state/demo-check -http-port 0 -https-port 0 -echo-port 0

.PHONY: test-ready
test-ready: go-ready
	hack/install haproxy nginx openssl curl chromium

.PHONY: test
test: test-ready ## gofmt, vet and all tests
	@unformatted=$$(gofmt -l $(SOURCES)); \
	  if [[ -n $$unformatted ]]; then echo "gofmt has something to say (make fmt):" $$unformatted; exit 1; fi
	go vet ./...
	go test ./...

.PHONY: test-matrix
test-matrix: test-ready ## all tests that run HAProxy, on each version of MATRIX
	@for version in $(MATRIX); do \
	  binary=$$(hack/fetch-haproxy $$version); \
	  echo "--- HAProxy $$version"; \
	  HAWSER_HAPROXY=$$binary go test ./...; \
	done

.PHONY: fuzz
fuzz: go-ready ## every fuzz target for FUZZTIME
	hack/fuzz $(FUZZTIME)

.PHONY: pictures
pictures: test-ready ## take the pictures of the documentation anew
	@mkdir -p docs/images
	HAWSER_SCREENSHOTS=$(CURDIR)/docs/images go test ./test/pages -count=1 -run TestStatusPicture

.PHONY: docs
docs: build ## regenerate docs/reference from the code
	bin/hawser docs --out docs/reference

.PHONY: fmt
fmt: go-ready ## format the code
	gofmt -w $(SOURCES)

.PHONY: clean
clean: ## remove what was built and what `make run` wrote; .cache stays
	rm -rf bin .state

# A folder's own targets, such as the cluster tests.
include $(wildcard test/*/*.mk bench/*.mk)
