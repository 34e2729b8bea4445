"""What Cloudflare's own SDK does at a server. Takes its base URL, a key and what to do: "read" what an
account has, or "buy" credits of $25. Prints what came of it as one line of JSON.

The client is as it comes: its own retries, its own headers.
"""
import json
import sys

from cloudflare import Cloudflare

base, key, what = sys.argv[1:4]
billing = Cloudflare(api_token=key, base_url=base).ai_gateway.billing
ACCOUNT = "acc"

if what == "buy":
    bought = billing.topup.create(account_id=ACCOUNT, amount=2500)
    looked = billing.topup.status(account_id=ACCOUNT, payment_intent_id=bought.payment_intent_id)
    found = {"bought": bought.to_dict(), "status": looked.to_dict()}
else:
    found = {
        "balance": billing.credit_balance(account_id=ACCOUNT).to_dict(),
        "invoices": billing.invoice_history(account_id=ACCOUNT, type="manual").to_dict(),
        "limit": billing.spending_limit.get(account_id=ACCOUNT).to_dict(),
        "reload": billing.topup.config.get(account_id=ACCOUNT).to_dict(),
    }
print(json.dumps(found, default=str))
