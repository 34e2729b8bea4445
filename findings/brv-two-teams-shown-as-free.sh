#!/usr/bin/env bash
# `brv status` says "Personal free credits" to a user of two paid teams who has pinned none.
#
# One would guess: with two paid teams and no pin, the program asks which one is billed, or says that it does
#   not know.
# What happens: the team is looked up only where there is exactly one, and "no team" is then told as the free
#   pot, without numbers. One more paid team, and the line changes from that team to free credits. A pin of a
#   team that is gone is told the other way round: as that team, paid, "usage unavailable".
# Versions: npm byterover-cli 3.14.0.
# Why it matters: who reads the line believes that nothing is spent of what the teams paid for, or that a
#   team pays which no longer can. "Nothing was chosen" and "nothing is left to choose" are not one state.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

# The files that are run here lean on no other package.
(cd "$work" && npm pack --silent byterover-cli@3.14.0 >/dev/null && tar -xzf byterover-cli-3.14.0.tgz)
cat > "$work/status.mjs" <<'JS'
const dist = new URL('package/dist/', import.meta.url)
const { resolveBillingForProject } = await import(new URL('server/infra/billing/resolve-billing-source.js', dist))
const { formatBillingLine } = await import(new URL('oclif/lib/format-billing-line.js', dist))

const team = (name) => ({
  organizationId: name.toLowerCase(), organizationName: name, tier: 'PRO', remaining: 90, totalLimit: 100,
})
async function status(teams, pinned) {
  const billing = await resolveBillingForProject({
    authStateStore: { getToken: () => ({ isValid: () => true, sessionKey: 'key' }) },
    billingConfigStoreFactory: () => ({ getPinnedTeamId: async () => pinned }),
    billingService: {
      getUsages: async () => teams.map(team),
      getFreeUserLimit: async () => ({ monthly: { remaining: 380, limit: 500 } }),
    },
    projectPath: '/project',
    providerConfigStore: { getActiveProvider: async () => 'byterover' },
  })
  console.log(formatBillingLine(billing))
}
await status(['Acme'])
await status(['Acme', 'Globex'])
await status(['Acme', 'Globex'], 'globex')
await status([])
await status(['Acme'], 'gone')
JS
version=$(sed -n 's/^  "version": "\(.*\)".*/\1/p' "$work/package/package.json")
mapfile -t out < <(cd "$work" && timeout 60 node status.mjs)

same 'npm byterover-cli' 3.14.0 "$version"
same 'one paid team' 'Billing: Acme (90 credits, PRO)' "${out[0]}"
same 'two paid teams' 'Billing: Personal free credits' "${out[1]}"
same 'two, and one is pinned' 'Billing: Globex (90 credits, PRO)' "${out[2]}"
same 'none' 'Billing: Personal free credits (380 / 500)' "${out[3]}"
same 'one, and a pin of another that is gone' 'Billing: gone (usage unavailable)' "${out[4]}"
