#!/usr/bin/env bash
# `autumn-js` reports recorded usage as a success when the server has refused to record it.
#
# One would guess: `track()` throws when the server answers 503, so that the caller can send the usage again.
# What happens: for this call the SDK replaces every answer of 500 and above by one of its own: 200 with
#   an empty customer and the value 0. One request is sent, nothing is thrown, the promise resolves.
#   Only a line on standard error tells. `failOpen: false` gives the error back; it is not the default.
# Versions: npm autumn-js 1.3.13.
# Why it matters: 1,200 metered tokens vanish from the bill and the program believes that they are on it.
#   Whoever meters has to compare the value in the answer with the value that was sent.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

npm install --prefix "$work" --silent --no-audit --no-fund --ignore-scripts autumn-js@1.3.13
cat > "$work/track.mjs" <<'JS'
import http from 'node:http';
import { Autumn } from 'autumn-js';

const bodies = [];
const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    bodies.push(Buffer.concat(chunks).toString());
    response.writeHead(503, { 'content-type': 'application/json' });
    response.end('{"message":"down for maintenance","code":"unavailable"}');
  });
});
const track = async (options) => {
  const serverURL = `http://127.0.0.1:${server.address().port}`;
  const client = new Autumn({ secretKey: 'key', serverURL, ...options });
  try {
    return JSON.stringify(await client.track({ customerId: 'acme', featureId: 'tokens', value: 1200 }));
  } catch (error) {
    return `throws, status ${error.statusCode}`;
  }
};
server.listen(0, '127.0.0.1', async () => {
  console.log(await track({}));
  console.log(bodies.join(' '));
  console.log(await track({ failOpen: false }));
  server.closeAllConnections();
  server.close();
});
JS
mapfile -t out < <(cd "$work" && timeout 120 node track.mjs)
version=$(node -p "require('$work/node_modules/autumn-js/package.json').version")

same 'npm autumn-js' 1.3.13 "$version"
same 'the server is asked once' '{"customer_id":"acme","feature_id":"tokens","value":1200}' "${out[1]}"
same 'and answers 503; track() resolves to' '{"customerId":"","value":0,"balance":null}' "${out[0]}"
same 'with failOpen: false it' 'throws, status 503' "${out[2]}"
