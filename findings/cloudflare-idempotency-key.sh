#!/usr/bin/env bash
# The npm client `cloudflare` accepts an idempotency key for a paid call, never sends it, and repeats the call.
#
# One would guess: `topup.create(params, { idempotencyKey })` puts the key into a header, so that the
#   client's own repeats of that POST are one purchase to the server.
# What happens: no header and no field carries the key; a call that meets 502 goes out three times.
#   The type of the request options declares the field; the code uses it only when the client has a
#   header name for it, and this client has none.
# Versions: npm cloudflare 7.3.0.
# Why it matters: whoever passes a key believes that repeats are safe. Each of the three POSTs may charge.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

npm install --prefix "$work" --silent --no-audit --no-fund --ignore-scripts cloudflare@7.3.0
cat > "$work/buy.mjs" <<'JS'
import http from 'node:http';
import Cloudflare from 'cloudflare';

const seen = [];
const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(502, { 'content-type': 'application/json' });
    response.end('{"success":false,"errors":[{"code":1,"message":"bad gateway"}],"messages":[],"result":null}');
  });
});
server.listen(0, '127.0.0.1', async () => {
  const client = new Cloudflare({ apiToken: 'token', baseURL: `http://127.0.0.1:${server.address().port}/client/v4` });
  let outcome = 'returned';
  try {
    await client.aiGateway.billing.topup.create({ account_id: 'acme', amount: 2000 }, { idempotencyKey: 'order-7781' });
  } catch (error) {
    outcome = `${error.constructor.name} ${error.status}`;
  }
  console.log(outcome);
  console.log(seen.map((one) => one.line).join(', '));
  console.log([...new Set(seen.map((one) => one.body))].join(' '));
  console.log(seen.filter((one) => JSON.stringify(one).includes('order-7781')).length);
  server.closeAllConnections();
  server.close();
});
JS
mapfile -t out < <(cd "$work" && timeout 120 node buy.mjs)
version=$(node -p "require('$work/node_modules/cloudflare/package.json').version")

same 'npm cloudflare' 7.3.0 "$version"
post='POST /client/v4/accounts/acme/ai-gateway/billing/topup'
same 'the caller gets' 'InternalServerError 502' "${out[0]}"
same 'requests for one call' "$post, $post, $post" "${out[1]}"
same 'the one body they all carry' '{"amount":2000}' "${out[2]}"
same 'requests with the key anywhere in them' 0 "${out[3]}"
