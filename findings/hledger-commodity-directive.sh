#!/usr/bin/env bash
# hledger's `commodity` directive decides which transactions balance, not only how amounts look.
#
# One would guess: `commodity $1,000.00` says how dollars are shown; sums and checks stay exact.
# What happens: what rounds to zero at that precision is zero. A transaction of 0.004 against 0.001 does
#   not balance without the directive; with it `hledger check` passes. An account that holds 0.00024 is
#   left out of the balance report, and the report's total is 0.
# Versions: hledger 1.25.
# Why it matters: metered calls cost fractions of a cent. A wrong writer loses three quarters of the cost
#   and the check that should find it is switched off by a line that looks like style.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

command -v hledger > /dev/null || { echo 'needs hledger'; exit 1; }
same hledger 1.25 "$(hledger --version | sed -n '1s/^hledger \([0-9.]*\).*/\1/p')"
printf '%s\n' '2026-01-02 call' '    expenses:model  $0.004' '    assets:prepaid  $-0.001' > "$work/unequal"
for day in 02 03; do
    printf '%s\n' "2026-01-$day call" '    expenses:model  $0.00012' '    assets:prepaid' ''
done > "$work/equal"
for name in unequal equal; do { echo 'commodity $1,000.00'; echo; cat "$work/$name"; } > "$work/$name.styled"; done
check() { if hledger -f "$work/$1" check 2> "$work/errors"; then echo passes; else echo fails; fi; }
accounts() { hledger -f "$work/$1" balance --no-total | awk '{ print $2, $1 }' | xargs -d '\n' | sed 's/ *$//'; }

same '0.004 against 0.001' fails "$(check unequal)"
same 'the reason' yes "$(grep -qi 'balance' "$work/errors" && echo yes)"
same '0.004 against 0.001, with the directive' passes "$(check unequal.styled)"
same 'accounts after two calls of 0.00012' 'assets:prepaid $-0.00024 expenses:model $0.00024' "$(accounts equal)"
same 'the same, with the directive' '' "$(accounts equal.styled)"
