#!/usr/bin/env bash
# The PyPI client `cloudflare` returns None for an answer whose envelope says that the call failed.
#
# One would guess: every answer of this API is an envelope {success, errors, result}; its official client
#   raises an error when `success` is false.
# What happens: with HTTP status 200 the client takes `result` out of the envelope and reads neither
#   `success` nor `errors`. A refused top-up returns None, without an error and without the reason.
# Versions: PyPI cloudflare 5.9.0.
# Why it matters: code that treats "no exception" as "bought" books a purchase that the server refused,
#   and the text that says why is gone. A buyer has to read the envelope himself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check cloudflare==5.9.0
cat > "$work/buy.py" <<'PY'
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import cloudflare

ENVELOPE = {"success": False, "errors": [{"code": 7003, "message": "card refused"}], "messages": [], "result": None}


class Seller(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps(ENVELOPE).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Seller)
threading.Thread(target=server.serve_forever, daemon=True).start()
records = []
handler = logging.Handler()
handler.emit = lambda record: records.append(record.getMessage())
logging.getLogger("cloudflare").addHandler(handler)
client = cloudflare.Cloudflare(api_token="token", base_url=f"http://127.0.0.1:{server.server_port}/client/v4")
answer = client.ai_gateway.billing.topup.create(account_id="acme", amount=2000)
print(cloudflare.__version__)
print(repr(answer))
print(sum("card refused" in text for text in records))
PY
mapfile -t out < <(NO_PROXY=127.0.0.1 timeout 120 "$work/venv/bin/python" "$work/buy.py")

same 'PyPI cloudflare' 5.9.0 "${out[0]}"
same 'topup.create returns, for 200 {"success": false}' None "${out[1]}"
same 'log records with the reason' 0 "${out[2]}"
