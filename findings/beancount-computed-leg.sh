#!/usr/bin/env bash
# beancount rounds the amount that it computes for an open posting when an unrelated posting has few decimals.
#
# One would guess: the posting without an amount gets exactly what makes the transaction zero.
# What happens: it does, as long as no posting of the transaction has fewer decimals. Next to a fee of
#   0.25 USD the computed amount is rounded to cents: 7 tokens at 0.001234 USD plus the fee are 0.258638,
#   the account is charged 0.26. With a cost of 0.001234 instead, the cost vanishes. bean-check reports
#   nothing, because the rest lies within the tolerance that the two decimals give.
# Versions: PyPI beancount 3.2.3.
# Why it matters: metered costs are fractions of a cent. One line with a fee in cents in the same
#   transaction moves the prepaid account by another sum than the calls cost, each time.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check beancount==3.2.3
cat > "$work/books.beancount" <<'BEAN'
2026-01-01 open Assets:Prepaid
2026-01-01 open Expenses:Model
2026-01-01 open Expenses:Fee
2026-01-02 * "seven tokens"
  Expenses:Model  7 TOK @ 0.001234 USD
  Assets:Prepaid
2026-01-03 * "seven tokens and a fee"
  Expenses:Model  7 TOK @ 0.001234 USD
  Expenses:Fee    0.25 USD
  Assets:Prepaid
2026-01-04 * "one call and a fee"
  Expenses:Model  0.001234 USD
  Expenses:Fee    0.25 USD
  Assets:Prepaid
BEAN
cat > "$work/read.py" <<'PY'
import sys

import beancount
from beancount import loader

entries, errors, _ = loader.load_file(sys.argv[1])
print(beancount.__version__)
print(len(errors))
for entry in entries:
    for posting in getattr(entry, "postings", []):
        if posting.account == "Assets:Prepaid":
            print(posting.units)
PY
mapfile -t out < <("$work/venv/bin/python" "$work/read.py" "$work/books.beancount")

same 'PyPI beancount' 3.2.3 "${out[0]}"
same 'errors reported' 0 "${out[1]}"
same '7 x 0.001234, computed' '-0.008638 USD' "${out[2]}"
same '7 x 0.001234 + 0.25, computed' '-0.26 USD' "${out[3]}"
same '0.001234 + 0.25, computed' '-0.25 USD' "${out[4]}"
