"""A real CIRIS agent and a billing backend for it, in a network that has loopback alone. Takes the
root folder that the agent is installed in; prints where it is and who will log in as one line of JSON;
then answers lines of JSON until they end:

    {"do": "set_up"}                  it is given its owner
    {"do": "pack", "payment": ID}     the backend credits a pack that was paid so
    {"do": "use", "count": N}         so many uses are used up
    {"do": "set", "has_credit": ...}  what the backend says of the account
    {"do": "asked"}                   what the agent asked of the backend
    {"do": "sdk", "call": NAME, "with": [...]}   a call of the agent's own SDK

Needs root, for the network and for the folder that it changes its root to.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(sys.argv[1]).resolve()
HOME = ROOT / "srv/agent"
BASE, BACKEND = "http://127.0.0.1:8080", 8098
PERSON = {"username": "ada", "password": "correct-horse-9"}
PACK = {"amount_minor": 500, "currency": "USD", "uses_purchased": 100}
PYTHON = "/opt/ciris/bin/python"

account = {"has_credit": True, "credits_remaining": 0, "free_uses_remaining": 3,
           "daily_free_uses_remaining": 2, "total_uses": 0, "plan_name": "free"}
asked, transactions = [], []


def book(kind, amount, **more):
    account["credits_remaining"] += amount
    transactions.insert(0, {
        "transaction_id": f"t{len(transactions)}", "type": kind, "amount_minor": amount,
        "currency": "USD", "description": kind, "balance_after": account["credits_remaining"],
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **more,
    })


class Backend(BaseHTTPRequestHandler):
    """The calls of the billing backend that an agent makes."""

    def reply(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        path = self.path.split("?")[0]
        asked.append(f"GET {path}")
        if path == "/v1/billing/transactions":
            listed = {"transactions": transactions[:50], "total_count": len(transactions)}
            return self.reply({**listed, "has_more": False})
        if path.endswith("/status"):
            return self.reply({"status": "succeeded", "credits_added": 0})
        self.reply({"detail": "Not Found"}, 404)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        asked.append(f"POST {self.path}")
        if self.path == "/v1/billing/credits/check":
            return self.reply({**account, "purchase_required": False})
        if self.path == "/v1/billing/purchases":
            keys = {"client_secret": "pi_1_secret", "publishable_key": "pk_test_1"}
            return self.reply({"payment_id": "pi_1", **keys, **PACK})
        self.reply({"detail": "Not Found"}, 404)

    def log_message(self, *_):
        pass


def call(method, path, body=None, token=None):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"{}")


def inside(*command, **more):
    environment = {
        "PATH": "/opt/ciris/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": "/srv/agent", "CIRIS_HOME": "/srv/agent",
        "CIRIS_BILLING_API_KEY": "key", "CIRIS_BILLING_API_URL": f"http://127.0.0.1:{BACKEND}",
        "CIRIS_BILLING_ENABLED": "true", "LANG": "C.UTF-8",
    }
    return subprocess.Popen(["chroot", ROOT, *command], env=environment, **more)


def start():
    """Starts the agent and gives it once all its parts are there: set up before, it ends."""
    log = open(HOME / "out.log", "w")
    command = "cd /srv/agent && exec ciris-agent --adapter api --mock-llm --port 8080 --host 127.0.0.1"
    agent = inside("/bin/sh", "-c", command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    end = time.monotonic() + 180
    while time.monotonic() < end and agent.poll() is None:
        try:
            if call("GET", "/v1/system/health")[1]["data"]["status"] != "initializing":
                return agent
        except (OSError, ValueError, KeyError):
            pass
        time.sleep(0.5)
    raise SystemExit(f"the agent did not start: {(HOME / 'out.log').read_text()[-2000:]}")


def node_code():
    """The handle of the node behind the agent, which comes and goes in its first seconds."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        told = call("GET", "/v1/federation/node-code")[1]
        if "code" in told:
            return told["code"]
        time.sleep(0.5)
    raise SystemExit(f"no node code: {told}")


def set_up():
    """Claims the agent for its owner, and gives their token."""
    code = node_code()
    call("POST", "/v1/self/identity", {})
    claim = {
        "node_code": code,
        "claim_pin": (HOME / "claim_pin").read_text().strip(),
        "cohort_scope": "self",
        "owner_username": PERSON["username"],
        "owner_password": PERSON["password"],
    }
    status, claimed = call("POST", "/v1/setup/claim-remote", claim)
    assert status == 200, claimed
    complete = {"llm_provider": "mock", "llm_api_key": "", "admin_username": PERSON["username"]}
    done = call("POST", "/v1/setup/complete", complete, claimed["access_token"])
    assert done[0] == 200, done
    return claimed["access_token"]


SDK = """
import asyncio, json, sys
from ciris_sdk.client import CIRISClient
async def main():
    async with CIRISClient(base_url=sys.argv[1], api_key=sys.argv[2]) as client:
        found = await getattr(client.billing, sys.argv[3])(*json.loads(sys.argv[4]))
        print(found.model_dump_json())
asyncio.run(main())
"""


def sdk(token, name, arguments):
    command = [PYTHON, "-c", SDK, BASE, token, name, json.dumps(arguments)]
    ran = inside(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = ran.communicate(timeout=60)
    return json.loads(out) if ran.returncode == 0 else {"failed": err.strip().splitlines()[-1]}


def answer(request, token):
    does = request["do"]
    if does == "pack":
        book("credit", PACK["uses_purchased"],
             transaction_type="purchase", external_transaction_id=request["payment"])
    elif does == "use":
        for _ in range(request["count"]):
            book("charge", -1)
    elif does == "set":
        account.update({name: value for name, value in request.items() if name != "do"})
    elif does == "sdk":
        return sdk(token, request["call"], request.get("with", []))
    return {"asked": asked}


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
subprocess.run(["mount", "-t", "proc", "proc", ROOT / "proc"], check=True)
backend = ThreadingHTTPServer(("127.0.0.1", BACKEND), Backend)
threading.Thread(target=backend.serve_forever, daemon=True).start()
shutil.rmtree(HOME, ignore_errors=True)
HOME.mkdir(parents=True)
began = time.monotonic()
agent = start()
try:
    seconds = round(time.monotonic() - began, 1)
    ready = {"base_url": BASE, "process": os.getpid(), "started_after_s": seconds, **PERSON}
    print(json.dumps(ready), flush=True)
    token = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "set_up":
            token = set_up()
        print(json.dumps(answer(request, token)), flush=True)
finally:
    agent.terminate()
    try:
        agent.wait(timeout=20)
    except subprocess.TimeoutExpired:
        agent.kill()
