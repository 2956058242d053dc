# One image with all services; docker-compose.yml chooses the command. Files get their modes here: those
# in a clone depend on its umask, and node has to read them. Built by BuildKit with its
# built-in Dockerfile frontend: a `# syntax=` line would have to be fetched from a registry, and
# here-documents or COPY --parents need newer frontends.
FROM node:22-bookworm-slim AS base
WORKDIR /app

# The lock file and every package.json, nothing else. BuildKit compares what is copied from here by
# content, so the installs below stay cached until one of these files changes, and a new package
# needs no line here.
FROM base AS manifests
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete \
    && find . -type d -empty -delete \
    && chmod -R u=rwX,go=rX .

FROM base AS build
COPY --from=manifests /app .
RUN --mount=type=cache,target=/root/.npm,sharing=locked npm ci
COPY . .
RUN npx tsc -b services/* packages/cli
# What runs of each workspace. Globs that match nothing are fine: not every package has Lua scripts
# or a CLI.
SHELL ["bash", "-O", "nullglob", "-c"]
RUN mkdir /run-time \
    && cp -r --parents {packages,services}/*/{dist,lua,bin,package.json} /run-time \
    && find /run-time '(' -name '*.d.ts*' -o -name '*.tsbuildinfo' -o -name '*.test.js*' ')' -delete \
    && chmod -R u=rwX,go=rX /run-time

# uWebSockets.js ships binaries for every platform and Node version, 130 MB: the image keeps the one
# it loads.
FROM base AS dependencies
COPY --from=manifests /app .
RUN --mount=type=cache,target=/root/.npm,sharing=locked npm ci --omit=dev --workspace=services --workspace=packages/cli \
    && binary=uws_linux_$(node -p 'process.arch + "_" + process.versions.modules').node \
    && cd node_modules/uWebSockets.js \
    && find . -name '*.node' ! -name "$binary" -delete \
    && test -n "$(find . -name "$binary")"

FROM base
# Reachable from outside the container, hence with /api/ closed until there is a key; Compose knows
# better where its ports are published.
ENV NODE_ENV=production NEWSWIRE_HOST=0.0.0.0
# Nothing installs packages at run time, so nobody else shall either.
RUN cd /usr/local && rm -rf lib/node_modules bin/npm bin/npx bin/corepack bin/yarn* /opt/yarn-*
RUN ln -s /app/packages/cli/bin/newswire.js /usr/local/bin/newswire
# A volume that is mounted here takes over the owner: edges and center keep their link secret in it.
RUN install -d -o node -g node -m 700 /var/lib/newswire
COPY --from=dependencies /app .
COPY --chmod=755 docker/healthcheck /usr/local/bin/healthcheck
COPY --from=build /run-time .
USER node
STOPSIGNAL SIGTERM
# Without Compose the image is the embedded default: edge and center in one process.
CMD ["node", "--min-semi-space-size=16", "services/standalone/dist/main.js"]
