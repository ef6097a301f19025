# assay in a small image: docker build -t assay . &&
#   docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/src:ro" assay scan /src
# Without -u it cannot read files that only their owner may read. With
# --build-arg VERSION=1.2.3 it calls itself so.
FROM golang:1.26-alpine AS build
WORKDIR /assay
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w ${VERSION:+-X main.version=$VERSION}" -o /assay/bin/assay ./cmd/assay

# For jobs that compute their part with a shell, as in .release/jobs:
# docker build --target jobs -t assay-jobs .
FROM alpine:3.22 AS jobs
COPY --from=build /assay/bin/assay /usr/local/bin/assay
USER 65532:65532

# assay reads Git's objects by itself. Nothing else is needed but the certificates
# by which an audit knows AWS.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /assay/bin/assay /usr/local/bin/assay
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/usr/local/bin/assay"]
CMD ["scan", "/src"]
