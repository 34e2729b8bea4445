#!/usr/bin/env bash
# ledger reads a comma by the number of digits behind it and by the lines above; hledger reads it otherwise.
#
# One would guess: two programs of one file format agree on an amount, or refuse one that is ambiguous.
#   And a comma behind a leading zero can only begin decimals.
# What happens: in ledger a comma before three or six digits is a mark of thousands: 0,000165 is 165 and
#   0,004 is 4, while 0,0041 is 0.0041. After an amount like 1,50 of the same currency the same 0,004 is
#   0.004. hledger takes a single separator for the decimal mark: 1,000 is 1, and 1,000 with 0.50 is shown
#   as 1,500 and means one and a half. Neither warns, and `hledger check` passes.
# Versions: ledger 3.3.0, hledger 1.25, without a directive in the file.
# Why it matters: a purchase of 1,000 credits counts as one credit, or a call of 0,000165 as 165, depending
#   on who reads the file and what stands above. A writer for both writes a point and no mark of thousands.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

for program in ledger hledger; do command -v "$program" > /dev/null || { echo "needs $program"; exit 1; }; done
same ledger 3.3.0 "$(ledger --version | sed -n '1s/^Ledger \([0-9.]*\).*/\1/p')"
same hledger 1.25 "$(hledger --version | sed -n '1s/^hledger \([0-9.]*\).*/\1/p')"

cat > "$work/books.journal" <<'JOURNAL'
2026-01-02 credits bought
    Assets:Prepaid    USD 1,000
    Assets:Bank

2026-01-03 more credits bought
    Assets:Prepaid    USD 0.50
    Assets:Bank

2026-01-04 one call
    Expenses:Model    EUR 0,000165
    Assets:Euro
JOURNAL
export HOME=$work # no settings of the person who runs this
ledger_reads() { ledger -f "$work/${2:-books}.journal" csv "$1" | cut -d'"' -f12 | xargs; }
hledger_reads() {
    hledger -f "$work/books.journal" balance "$1" --no-total -O json | python3 -c '
import json, sys
for account in json.load(sys.stdin)[0]:
    number = account[3][0]["aquantity"]
    print(number["decimalMantissa"], "/", 10 ** number["decimalPlaces"])'
}

same 'ledger reads USD 1,000 and USD 0.50 as' '1000 0.5' "$(ledger_reads Assets:Prepaid)"
same 'hledger reads their sum as' '1500 / 1000' "$(hledger_reads Assets:Prepaid)"
same 'ledger reads EUR 0,000165 as' 165 "$(ledger_reads Expenses:Model)"
same 'hledger reads EUR 0,000165 as' '165 / 1000000' "$(hledger_reads Expenses:Model)"
calls() { # ledger's reading of calls that cost the given amounts, in this order
    for cost; do printf '%s\n' '2026-01-02 call' "    Expenses:Model    EUR $cost" '    Assets:Euro' ''; done > "$work/calls.journal"
    ledger_reads Expenses:Model calls
}
same 'ledger reads 0,004' 4 "$(calls 0,004)"
same 'ledger reads 0,0041' 0.0041 "$(calls 0,0041)"
same 'ledger reads 1,50 and then 0,004' '1.5 0.004' "$(calls 1,50 0,004)"
same 'ledger reads 0,004 and then 1,50' '4 1.5' "$(calls 0,004 1,50)"
hledger -f "$work/books.journal" check
echo 'hledger check: passes'
