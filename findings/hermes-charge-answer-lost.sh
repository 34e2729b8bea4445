#!/usr/bin/env bash
# A top-up in Hermes whose answer is lost reads as a refusal, and the next try pays a second time.
#
# One would guess: where the answer to a charge is lost, or the server fails after it charged, Hermes says
#   that it does not know, and a second try goes out under the idempotency key of the first.
# What happens: a 500 after the charge was made is printed as an error like any refusal ("Something went
#   wrong."), and so is a time-out. Each try of the same amount makes a key of its own, kept nowhere, so the
#   server cannot tell that it is the same purchase. For a change of the plan the same program does say that
#   the card "may or may not have been charged".
# Versions: PyPI hermes-agent 0.19.0.
# Why it matters: the natural thing to do after an error is to press the button again, and that is a second
#   charge. A key protects only who keeps it until the outcome is known.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check hermes-agent==0.19.0
cat > "$work/pay.py" <<'PY'
import base64, contextlib, http.server, io, json, os, sys, threading, time

# A portal that makes a charge for each new key, and whose first answer to one is a failure of its own.
charges = {}
part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
TOKEN = f'{part({"alg": "none"})}.{part({"exp": time.time() + 900, "scope": "inference:invoke billing:manage"})}.x'
class Portal(http.server.BaseHTTPRequestHandler):
    def reply(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def do_GET(self):
        if "/charge/" in self.path:
            return self.reply(200, {"status": "settled", "amountUsd": "25"})
        if self.path == "/api/billing/state":
            return self.reply(200, {
                "org": {"id": "o", "name": "Acme", "role": "OWNER"}, "canChangePlan": True,
                "balanceUsd": "3", "cliBillingEnabled": True, "chargePresets": ["25"],
                "card": {"brand": "Visa", "last4": "4242"}})
        self.reply(200, {})
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/api/oauth/device/code":
            page = {"verification_uri": "http://x/", "verification_uri_complete": "http://x/"}
            code = {"device_code": "d", "user_code": "AAAA", "expires_in": 60, "interval": 1}
            return self.reply(200, {**page, **code})
        if self.path == "/api/oauth/token":
            return self.reply(200, {"access_token": TOKEN, "refresh_token": "r", "expires_in": 900,
                                    "scope": "inference:invoke billing:manage", "token_type": "Bearer"})
        first = not charges
        charges.setdefault(self.headers["idempotency-key"], f"ch_{len(charges) + 1}")
        if first:
            return self.reply(500, {"error": "internal_error", "message": "Something went wrong."})
        self.reply(202, {"chargeId": charges[self.headers["idempotency-key"]]})
    def log_message(self, *_): pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Portal)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
os.environ["HERMES_PORTAL_BASE_URL"] = url
sys.argv = ["hermes"]
import hermes_cli.main
from hermes_cli import auth
from prompt_toolkit.application import create_app_session
from prompt_toolkit.output import create_output
import cli

class Terminal(cli.HermesCLI):
    def __init__(self, answers):
        self._app, self.answers = object(), answers
    def _prompt_text_input_modal(self, **_):
        return self.answers.pop(0)

def top_up():
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), create_app_session(output=create_output(stdout=printed)):
        Terminal(["buy", "25", "pay"])._show_billing()
    ends = [line.strip(" ✓🔴") for line in printed.getvalue().splitlines() if "✓" in line or "🔴" in line]
    return "; ".join(ends)

with contextlib.redirect_stdout(io.StringIO()):
    auth.persist_nous_credentials(auth._nous_device_code_login(
        portal_base_url=url, scope="inference:invoke billing:manage", open_browser=False))
print(top_up())
print(len(charges))
print(top_up())
print(len(charges))
PY
version=$("$work/venv/bin/pip" show hermes-agent | sed -n 's/^Version: //p')
mapfile -t out < <(cd "$work" && env HOME="$work" BROWSER=true timeout 120 "$work/venv/bin/python" pay.py 2>/dev/null)

same 'PyPI hermes-agent' 0.19.0 "$version"
same 'the charge was made, and it says' 'Something went wrong.' "${out[0]}"
same 'charges' 1 "${out[1]}"
same 'the same again says' '$25 added to your balance.' "${out[2]}"
same 'charges then' 2 "${out[3]}"
