#!/usr/bin/env bash
# The PyPI client `lago-python-client` reports every answer that is not JSON as status 500: 502, 403 and 200 alike.
#
# One would guess: the error of a top-up that a gateway refused carries the status that was received: 403 is
#   a refusal, 502 means that it is not known whether the credits were bought.
# What happens: the client parses the body before it makes the error. Where that fails, the error that
#   comes out is the parser's own, with the status 500, and without address, headers or body. A 204, and a
#   200 with JSON of another shape, end as 500 too. A JSON error keeps its status.
# Versions: PyPI lago-python-client 1.55.0.
# Why it matters: code that decides by the status (a 403 was not charged, a 5xx may be sent again) sends a paid
#   top-up again that was accepted, or waits for a server that has refused. Only the access log knows.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check lago-python-client==1.55.0
cat > "$work/buy.py" <<'PY'
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from lago_python_client import Client
from lago_python_client.exceptions import LagoApiError
from lago_python_client.models import WalletTransaction

ANSWERS = [
    (502, "text/html", b"<h1>Bad gateway</h1>"),
    (403, "text/html", b"<h1>Forbidden</h1>"),
    (200, "text/html", b"<h1>Log in</h1>"),
    (200, "application/json", b"{}"),
    (403, "application/json", b'{"status":403,"error":"Forbidden"}'),
]


class Seller(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        status, kind, body = answers.pop(0)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


answers = list(ANSWERS)
server = HTTPServer(("127.0.0.1", 0), Seller)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = Client(api_key="key", api_url=f"http://127.0.0.1:{server.server_port}/")
print(version("lago-python-client"))
for status, kind, _ in ANSWERS:
    try:
        print(client.wallet_transactions.create(WalletTransaction(wallet_id="w", paid_credits="20.0")))
    except LagoApiError as error:
        print(status, kind, "->", error.status_code, error.url is None, error.headers is None)
PY
mapfile -t out < <(NO_PROXY=127.0.0.1 timeout 120 "$work/venv/bin/python" "$work/buy.py")

same 'PyPI lago-python-client' 1.55.0 "${out[0]}"
same 'received -> reported, without address, without headers' '502 text/html -> 500 True True' "${out[1]}"
same 'received -> reported' '403 text/html -> 500 True True' "${out[2]}"
same 'received -> reported' '200 text/html -> 500 True True' "${out[3]}"
same 'received -> reported' '200 application/json -> 500 True True' "${out[4]}"
same 'a JSON error keeps its status' '403 application/json -> 403 False False' "${out[5]}"
