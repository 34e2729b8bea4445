#!/usr/bin/env bash
# brv keeps the keys of others in its file of pins, but not those beside the pin itself.
#
# One would guess: a program that sets one value in a shared file of settings leaves every other value.
# What happens: unknown keys at the top of `.brv/brv-provider.json` stay. What stands beside the pin, in
#   `billing`, is gone after the next pin; and where that file has an object of another kind in `billing`, a
#   look finds no pin, and the next pin replaces it. Nothing is said.
# Versions: npm byterover-cli 3.14.0.
# Why it matters: a tool that keeps a value of its own where the pin is, such as who chose it or since when,
#   loses it without a word. Keep it in a file of your own, or at the top.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

# The file that is run here leans on no other package.
(cd "$work" && npm pack --silent byterover-cli@3.14.0 >/dev/null && tar -xzf byterover-cli-3.14.0.tgz)
cat > "$work/pin.mjs" <<'JS'
import { readFileSync, writeFileSync } from 'node:fs'
const { FileBillingConfigStore } = await import(
  new URL('package/dist/server/infra/storage/file-billing-config-store.js', import.meta.url))

const file = 'brv-provider.json'
async function pin(before, team) {
  writeFileSync(file, JSON.stringify(before))
  const store = new FileBillingConfigStore({ baseDir: '.' })
  await store.setPinnedTeamId(team)
  console.log(JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))))
}
await pin({ tool: { since: 'May' }, billing: { pinnedTeamId: 'acme' } }, 'globex')
await pin({ billing: { pinnedTeamId: 'acme', chosenBy: 'ada' } }, 'globex')
await pin({ billing: { chosenBy: 'ada' } }, undefined)
JS
version=$(sed -n 's/^  "version": "\(.*\)".*/\1/p' "$work/package/package.json")
mapfile -t out < <(cd "$work" && timeout 60 node pin.mjs)

same 'npm byterover-cli' 3.14.0 "$version"
same 'at the top' '{"tool":{"since":"May"},"billing":{"pinnedTeamId":"globex"}}' "${out[0]}"
same 'beside the pin' '{"billing":{"pinnedTeamId":"globex"}}' "${out[1]}"
same 'where none was pinned' '{}' "${out[2]}"
