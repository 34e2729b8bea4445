#!/usr/bin/env bash
# `@vercel/sdk` turns a purchase with a status word that it does not know into an empty checkout session.
#
# One would guess: a new status word of a purchase intent arrives as that word, or the call throws.
# What happens: the answer of `buyCredits` is a union of a purchase intent, a subscription intent and a
#   checkout session. A word outside pending/succeeded/failed rules the purchase intent out, and the last
#   shape is filled with empty strings. Id, total and status of the purchase are gone; nothing is thrown.
# Versions: npm @vercel/sdk 1.28.35.
# Why it matters: the server has begun a purchase of $20 and named it. The caller holds neither its id
#   nor its state, cannot look it up, and may send a person to an empty address or buy again.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

npm install --prefix "$work" --silent --no-audit --no-fund --ignore-scripts @vercel/sdk@1.28.35
cat > "$work/buy.mjs" <<'JS'
import http from 'node:http';
import { Vercel } from '@vercel/sdk';

const intent = {
  id: 'pur_1', subtotal: '20.00', tax: '0.00', total: '20.00', currency: 'usd', ownerId: 'team_acme',
  createdAt: 1764400000000, updatedAt: 1764400000000,
  provider: { type: 'stripe_invoice_immediate', resourceId: 'in_1' },
  configuration: { type: 'credit_topup', options: { amount: '20', currency: 'ai_gateway_credits' } },
};
const words = ['pending', 'processing'];
let requests = 0;
const server = http.createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ purchaseIntent: { ...intent, status: words[requests++] } }));
  });
});
server.listen(0, '127.0.0.1', async () => {
  const client = new Vercel({ bearerToken: 'token', serverURL: `http://127.0.0.1:${server.address().port}` });
  for (const _ of words) {
    const answer = await client.billing.buyCredits({ requestBody: { item: { type: 'credits', creditType: 'gateway', amount: 20 } } });
    const known = answer.purchaseIntent;
    console.log(known ? `purchase ${known.id} of ${known.total}, ${known.status}` : JSON.stringify(answer));
  }
  server.closeAllConnections();
  server.close();
});
JS
mapfile -t out < <(cd "$work" && timeout 120 node buy.mjs)
version=$(grep -m1 '"version"' "$work/node_modules/@vercel/sdk/package.json" | tr -dc '0-9.')

same 'npm @vercel/sdk' 1.28.35 "$version"
same 'status "pending" arrives as' 'purchase pur_1 of 20.00, pending' "${out[0]}"
same 'status "processing" arrives as' '{"checkoutSessionId":"","checkoutSessionUrl":""}' "${out[1]}"
