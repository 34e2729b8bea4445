"""A device login at a server, and three renewals of it, by requests-oauthlib.

Takes the base URL; prints what came of it as one line of JSON.
"""
import json
import os
import sys
import time

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from oauthlib.oauth2 import DeviceClient
from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from requests_oauthlib import OAuth2Session

base = sys.argv[1]
token_url = f"{base}/api/oauth/token"
client_id = "requests-oauthlib"
scope = "inference:invoke billing:manage"

client = DeviceClient(client_id, scope=scope.split())
session = OAuth2Session(client=client)
asked = requests.post(
    f"{base}/api/oauth/device/code",
    data={"client_id": client_id, "scope": scope},
    timeout=30,
).json()
print(json.dumps({"event": "verification", "user_code": asked["user_code"]}), flush=True)

words = []
while True:
    try:
        token = session.fetch_token(
            token_url, device_code=asked["device_code"], include_client_id=True, timeout=30
        )
        break
    except OAuth2Error as refused:
        words.append(refused.error)
        if refused.error not in ("authorization_pending", "slow_down"):
            print(json.dumps({"refused": words}))
            sys.exit()
        time.sleep(asked.get("interval", 5))

seen = [token["refresh_token"]]
first = token["access_token"]
for _ in range(3):
    token = session.refresh_token(
        token_url, refresh_token=seen[-1], client_id=client_id, timeout=30
    )
    seen.append(token["refresh_token"])
state = session.get(f"{base}/api/billing/state", timeout=30)
try:
    session.refresh_token(token_url, refresh_token=seen[0], client_id=client_id, timeout=30)
    reused = None
except OAuth2Error as refused:
    reused = refused.error
print(
    json.dumps(
        {
            "scope": token["scope"],
            "refresh_tokens": len(set(seen)),
            "renewed": token["access_token"] != first,
            "state": state.status_code,
            "reused": reused,
            "waited": words,
        }
    )
)
