#!/usr/bin/env bash
# ledger reads only the first `key: value` of a comment line; the other keys become part of its value.
#
# One would guess: `; user: alice, job: nightly` gives two tags, as hledger reads it and as ledger itself
#   reads `:user:job:` on one line.
# What happens: in ledger the line has one tag, `user`, with the value "alice, job: nightly". A report by
#   job is empty and exits 0, and a report pivoted by user has a user "alice, job: nightly". hledger reads
#   two tags from the same line. One key a line is read alike by both.
# Versions: ledger 3.3.0, hledger 1.25.
# Why it matters: costs are billed on by such tags (customer, job, purchase id). A bill made with ledger
#   silently leaves calls out, and an idempotency key kept as the second tag is not found again.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

for program in ledger hledger; do command -v "$program" > /dev/null || { echo "needs $program"; exit 1; }; done
same ledger 3.3.0 "$(ledger --version | sed -n '1s/^Ledger \([0-9.]*\).*/\1/p')"
same hledger 1.25 "$(hledger --version | sed -n '1s/^hledger \([0-9.]*\).*/\1/p')"
export HOME=$work # no settings of the person who runs this
cat > "$work/one.journal" <<'JOURNAL'
2026-01-02 call
    ; user: alice, job: nightly
    Expenses:Model    $0.50
    Assets:Prepaid
JOURNAL
cat > "$work/two.journal" <<'JOURNAL'
2026-01-02 call
    ; user: alice
    ; job: nightly
    Expenses:Model    $0.50
    Assets:Prepaid
JOURNAL
tags() { ledger -f "$work/$1.journal" tags --values; }
by_job() { ledger -f "$work/$1.journal" register Expenses and "%job=nightly" | wc -l; }
hledger_by_job() { hledger -f "$work/$1.journal" register Expenses tag:job=nightly | wc -l; }

same 'ledger, both keys on one line' 'user: alice, job: nightly' "$(tags one)"
same 'ledger, lines found by job' 0 "$(by_job one)"
same 'hledger, lines found by job' 1 "$(hledger_by_job one)"
same 'ledger, one key a line' 'job: nightly user: alice' "$(tags two | xargs)"
same 'ledger, lines found by job' 1 "$(by_job two)"
same 'hledger, lines found by job' 1 "$(hledger_by_job two)"
