# Hawser with the HAProxy of Debian 13, which is a long-term release. docs/image.md tells how to build and run it, and
# how to make the same image without Docker.
FROM golang:1.26-trixie AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
ARG VERSION=unversioned
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false \
      -ldflags "-s -w -X github.com/hawser-ingress/hawser/internal/cli.Version=$VERSION" \
      -o /hawser ./cmd/hawser

FROM debian:trixie-slim
# The file capability lets a user other than root bind ports 80 and 443 on a node's own network.
RUN apt-get update && \
    apt-get upgrade --yes && \
    apt-get install --yes --no-install-recommends haproxy ca-certificates libcap2-bin && \
    setcap cap_net_bind_service=+ep /usr/sbin/haproxy && \
    apt-get purge --yes --auto-remove libcap2-bin && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* && \
    install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/hawser
COPY --from=build /hawser /usr/bin/hawser
USER 10001:10001
EXPOSE 80 443 8443 10254
ENTRYPOINT ["/usr/bin/hawser"]
CMD ["run"]
