#!/usr/bin/env bash
# `genai-prices` writes the price of a tiny call in a form that two of three ledger programs refuse.
#
# One would guess: a price library that counts in decimals writes plain ones, since all larger prices come
#   out like that: 0.00000165.
# What happens: below a millionth the same field is written 1.5E-7. hledger reads that as the number;
#   ledger and beancount refuse the line and with it the file. The npm package of the same library is
#   worse off: 297 tokens in and 495 out cost 0.00034155000000000003 there, 0.00034155 here.
# Versions: PyPI genai-prices 0.2.3, npm @pydantic/genai-prices 0.1.8; beancount 3.2.3, ledger 3.3.0, hledger 1.25.
# Why it matters: costs are metered by one program and kept by another. All is well until the first call
#   of one token; then the whole ledger cannot be read. Format the number; do not print it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

for program in ledger hledger; do command -v "$program" > /dev/null || { echo "needs $program"; exit 1; }; done
same ledger 3.3.0 "$(ledger --version | sed -n '1s/^Ledger \([0-9.]*\).*/\1/p')"
same hledger 1.25 "$(hledger --version | sed -n '1s/^hledger \([0-9.]*\).*/\1/p')"
export HOME=$work # no settings of the person who runs this
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check genai-prices==0.2.3 beancount==3.2.3
npm install --prefix "$work" --silent --no-audit --no-fund --ignore-scripts @pydantic/genai-prices@0.1.8
price() { # what PyPI's library prints for $1 tokens in and $2 out
    "$work/venv/bin/python" -c "
from genai_prices import Usage, calc_price
print(calc_price(Usage(input_tokens=$1, output_tokens=$2), model_ref='gpt-4o-mini').total_price)"
}
npm_price() {
    (cd "$work" && node --input-type=module -e "
import { calcPrice } from '@pydantic/genai-prices';
console.log(calcPrice({ input_tokens: $1, output_tokens: $2 }, 'gpt-4o-mini').total_price);")
}
reads() { # whether program $1 reads a call of $2 USD
    printf '%s\n' "2026-01-02 * \"call\"" "  Expenses:Model  $2 USD" '  Assets:Prepaid' > "$work/call"
    { printf '2026-01-01 open %s\n' Expenses:Model Assets:Prepaid; cat "$work/call"; } > "$work/call.beancount"
    case $1 in
        beancount) "$work/venv/bin/bean-check" "$work/call.beancount" ;;
        *) "$1" -f "$work/call" balance ;;
    esac > "$work/out" 2>&1 && echo reads || echo refuses
}

usual=$(price 11 7)
tiny=$(price 1 0)
same '11 tokens in, 7 out' 0.00000585 "$usual"
same '1 token in' 1.5E-7 "$tiny"
for program in ledger hledger beancount; do same "$program, $usual" reads "$(reads "$program" "$usual")"; done
same "ledger, $tiny" refuses "$(reads ledger "$tiny")"
same "beancount, $tiny" refuses "$(reads beancount "$tiny")"
same "hledger, $tiny" reads "$(reads hledger "$tiny")"
same '297 tokens in, 495 out, PyPI' 0.00034155 "$(price 297 495)"
same '297 tokens in, 495 out, npm' 0.00034155000000000003 "$(npm_price 297 495)"
