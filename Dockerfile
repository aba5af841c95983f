# The image of the Cloud Run job. Works with docker, docker buildx, buildah and podman:
#
#   docker build -t mysql-bigquery-sync .
#
# Both bases can be given by digest, which is what cloudbuild.yaml does with the second:
#   --build-arg RUNTIME=gcr.io/distroless/cc-debian13@sha256:…

# The same as the channel in rust-toolchain.toml; scripts/check-infra compares them.
ARG RUST_VERSION=1.95.0
# glibc, libgcc, CA certificates, time zones and nothing else: no shell, no package manager.
ARG RUNTIME=gcr.io/distroless/cc-debian13:nonroot

FROM rust:${RUST_VERSION}-slim-trixie AS chef
WORKDIR /build
# cargo-chef compiles the dependencies apart from our code, so that they are a layer of their own
# which stays in the (registry's) cache until Cargo.lock changes. The mount keeps downloads.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    cargo install cargo-chef --version 0.1.78 --locked

FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json --bin mysql-bigquery-sync

FROM chef AS build
COPY --from=plan /build/recipe.json recipe.json
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    cargo chef cook --release --locked --bin mysql-bigquery-sync --recipe-path recipe.json
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    cargo build --release --locked --bin mysql-bigquery-sync

FROM ${RUNTIME}
ARG VERSION=unknown
ARG REVISION=unknown
ARG RUNTIME
LABEL org.opencontainers.image.title="mysql-bigquery-sync" \
      org.opencontainers.image.description="Copies MySQL tables into BigQuery, as a Cloud Run Job" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${RUNTIME}"
COPY --from=build /build/target/release/mysql-bigquery-sync /usr/local/bin/mysql-bigquery-sync
# distroless' nonroot, as a number: a cluster that forbids root must not have to look the name up.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/mysql-bigquery-sync"]
