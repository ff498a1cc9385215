# Builds everything, then keeps what runs: the chat server, and with --target demo the two host sites.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/protocol/package.json packages/protocol/
COPY packages/token/package.json packages/token/
COPY packages/client/package.json packages/client/
COPY packages/text-filter/package.json packages/text-filter/
COPY packages/embedded-postgres/package.json packages/embedded-postgres/
COPY packages/server/package.json packages/server/
COPY packages/cli/package.json packages/cli/
COPY packages/embed/package.json packages/embed/
COPY packages/widget/package.json packages/widget/
COPY demo/package.json demo/
RUN npm ci --include=dev
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22-bookworm-slim AS runtime
ENV NODE_ENV=production
WORKDIR /app
# The embedded database's folder, for whoever runs the image without DB_HOST and mounts a volume here.
RUN mkdir -p /var/lib/chatty && chown node:node /var/lib/chatty
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/packages packages
COPY --from=build /app/demo demo
RUN ln -s /app/packages/cli/bin/chatty.js /usr/local/bin/chatty
USER node

FROM runtime AS demo
ENV KIMPGA_PORT=4001 OTHERSHOP_PORT=4002 PLAYGROUND_PORT=4003
EXPOSE 4001 4002 4003
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.KIMPGA_PORT}/login`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "demo/dist/demo-sites.js"]

FROM runtime AS chatty
ENV PORT=3000 CHATTY_DATA_DIR=/var/lib/chatty
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "packages/server/dist/main.js"]
