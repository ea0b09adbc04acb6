# The handler in a container: one static binary as a user without rights, and nothing that could run
# besides it. `docker build -t switchboard .`
FROM rust:1.95-alpine AS build
# hadolint ignore=DL3018
RUN apk add --no-cache ca-certificates gcc musl-dev
WORKDIR /build
COPY . .
RUN cargo build --release --locked --package switchboard --no-default-features \
    && install -D target/release/switchboard /image/switchboard \
    && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
    && install -d -o 65532 -g 65532 /image/data \
    && chroot /image /switchboard --version

FROM scratch
COPY --from=build /image/switchboard /switchboard
# The authorities that Azure's certificates come from. SSL_CERT_FILE names another file.
COPY --from=build /image/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# For STORE=sqlite, which is the default without a storage account. Put a volume here to keep it.
COPY --from=build --chown=65532:65532 /image/data /data
USER 65532:65532
WORKDIR /
ENV PORT=8080
EXPOSE 8080
# With --live, it fails only if the process does not answer; without, also if a service that it needs
# does not work. Docker shows the state and restarts nothing.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["/switchboard", "health"]
ENTRYPOINT ["/switchboard"]
CMD ["serve"]
