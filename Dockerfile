# The image of the Cloud Run job. Works with docker, docker buildx, buildah and podman:
#
#   docker build -t mysql-bigquery-sync .
#
# The first stage, `dev`, is for developers; compose.yaml uses it.
#
# Both base images can be given by digest; cloudbuild.yaml does that for the second:
#   --build-arg RUNTIME=gcr.io/distroless/cc-debian13@sha256:…

# Must equal the channel in rust-toolchain.toml; scripts/check-infra compares them.
ARG RUST_VERSION=1.95.0
# It has only glibc, libgcc, CA certificates and time zones: no shell, no package manager.
ARG RUNTIME=gcr.io/distroless/cc-debian13:nonroot

# For `docker compose run --rm demo` and the like. The sources are mounted, not copied. The same scripts as outside a container install
# servers and the emulator, and build the program; the results go into volumes.
FROM rust:${RUST_VERSION}-slim-trixie AS dev
# Versions are not pinned, because Debian removes old versions from its archive, and a pinned build would then fail.
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install --yes --no-install-recommends make python3-venv shellcheck tzdata && \
    rm -rf /var/lib/apt/lists/* && \
    rustup component add clippy rustfmt
# Not root, because MySQL refuses to run as root. New volumes get the owner of the folder that they cover.
RUN useradd --uid 1000 --create-home dev && \
    install --directory --owner dev --group dev /source /source/target /source/.dev /usr/local/cargo/registry
USER 1000:1000
WORKDIR /source
CMD ["make", "help"]

FROM rust:${RUST_VERSION}-slim-trixie AS chef
WORKDIR /build
# cargo-chef compiles the dependencies separately, in a layer that stays in the registry's cache until Cargo.lock changes.
# The mount caches downloads.
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
# The user nonroot of distroless, as a number, because a cluster that forbids root cannot check a name.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/mysql-bigquery-sync"]
