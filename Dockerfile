# One image per app: docker build --target api|worker|board|simulator|ops .

# Node 24 gets security fixes until April 2028. The project also runs on Node 20, which gets none.
FROM node:24-bookworm-slim AS base
WORKDIR /app
ENV TURBO_TELEMETRY_DISABLED=1 \
    npm_config_update_notifier=false

# Only the package.json files, so that a change of a source file does not invalidate the cached installations.
FROM base AS manifests
COPY . .
RUN find apps packages -type f ! -name package.json -delete

FROM base AS install
COPY --from=manifests /app/package.json /app/package-lock.json /app/.npmrc ./
COPY --from=manifests /app/apps apps
COPY --from=manifests /app/packages packages

FROM install AS build
RUN npm ci
COPY . .
RUN npx turbo run build --filter='./apps/*'

# Without the option, npm also installs Express, an optional peer of altcha-lib that only the examples use.
FROM install AS api-install
RUN npm ci --omit=dev --legacy-peer-deps -w @sms-codes/api -w @sms-codes/core -w @sms-codes/gateways -w @sms-codes/element

FROM install AS worker-install
RUN npm ci --omit=dev -w @sms-codes/worker -w @sms-codes/core -w @sms-codes/gateways

# TypeScript is an optional peer dependency of valibot, so npm installs it, but no code loads it.
FROM install AS board-install
RUN npm ci --omit=dev -w @sms-codes/board -w @sms-codes/core \
    && rm -rf node_modules/typescript node_modules/@typescript

FROM install AS simulator-install
RUN npm ci --omit=dev -w @sms-codes/simulator

FROM install AS ops-install
RUN npm ci --omit=dev -w @sms-codes/ops -w @sms-codes/core -w @sms-codes/gateways

# On SIGTERM, a process finishes its current work: allow 20 s before SIGKILL. As process 1, it would ignore
# signals until it has a handler, so tini is process 1.
FROM base AS runtime
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/*
# docker build --build-arg BUILD_COMMIT=$(git rev-parse --short HEAD)
ARG BUILD_COMMIT=
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    BUILD_COMMIT=$BUILD_COMMIT
STOPSIGNAL SIGTERM
USER node
ENTRYPOINT ["tini", "--"]

FROM runtime AS api
ENV API_PORT=3000 \
    API_OPS_PORT=9100
COPY --from=api-install /app ./
COPY --from=build /app/packages/core/dist packages/core/dist
COPY --from=build /app/packages/core/policy.yaml packages/core/policy.yaml
COPY --from=build /app/packages/gateways/dist packages/gateways/dist
COPY --from=build /app/packages/element/dist/bundle.js packages/element/dist/bundle.js
COPY --from=build /app/apps/api/dist apps/api/dist
EXPOSE 3000 9100
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.API_OPS_PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1))"]
CMD ["node", "--max-semi-space-size=8", "apps/api/dist/main.js"]

FROM runtime AS worker
ENV WORKER_OPS_PORT=9101
COPY --from=worker-install /app ./
COPY --from=build /app/packages/core/dist packages/core/dist
COPY --from=build /app/packages/core/policy.yaml packages/core/policy.yaml
COPY --from=build /app/packages/gateways/dist packages/gateways/dist
COPY --from=build /app/apps/worker/dist apps/worker/dist
EXPOSE 9101
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.WORKER_OPS_PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1))"]
CMD ["node", "--max-semi-space-size=8", "apps/worker/dist/main.js"]

FROM runtime AS board
ENV BOARD_PORT=3001
COPY --from=board-install /app ./
COPY --from=build /app/packages/core/dist packages/core/dist
COPY --from=build /app/packages/core/policy.yaml packages/core/policy.yaml
COPY --from=build /app/apps/board/dist apps/board/dist
EXPOSE 3001
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.BOARD_PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1))"]
CMD ["node", "--max-semi-space-size=8", "apps/board/dist/main.js"]

FROM runtime AS simulator
ENV SIMULATOR_PORT=3002 \
    SIMULATOR_SMTP_PORT=3025
COPY --from=simulator-install /app ./
COPY --from=build /app/apps/simulator/public apps/simulator/public
COPY --from=build /app/apps/simulator/dist apps/simulator/dist
EXPOSE 3002 3025
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SIMULATOR_PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1))"]
CMD ["node", "--max-semi-space-size=8", "apps/simulator/dist/main.js"]

# A command-line tool, not a service: docker run --rm with the environment of the API, and a command.
FROM runtime AS ops
COPY --from=ops-install /app ./
COPY --from=build /app/packages/core/dist packages/core/dist
COPY --from=build /app/packages/core/policy.yaml packages/core/policy.yaml
COPY --from=build /app/packages/gateways/dist packages/gateways/dist
COPY --from=build /app/apps/ops/dist apps/ops/dist
ENTRYPOINT ["tini", "--", "node", "apps/ops/dist/main.js"]
CMD ["--help"]
