#!/usr/bin/env bash
# `tokenlens` bills input that was read from the cache twice: at the full price and at the reduced one.
#
# One would guess: it reads a `usage` object of a chat completion as the API means it: `prompt_tokens` is all
#   of the input, and the cached tokens are a part of it, at the reduced price.
# What happens: it finds `prompt_tokens_details.cached_tokens`, adds their reduced price, and leaves the
#   full price of the whole input as it was. A million tokens of gpt-4o of which 900,000 were cached cost
#   3.625 dollars, more than without a cache (2.5). The API bills 1.375. The AI SDK's `inputTokens` with
#   `cachedInputTokens` is read the same way.
# Versions: npm tokenlens 1.3.1.
# Why it matters: the better a cache works, the more the meter is above the bill, here 2.6 times. A balance
#   kept with it runs out long before the seller's, and tops up too early. Subtract the cached part first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
same() { [ "$2" = "$3" ] || { echo "CHANGED: $1: expected [$2], seen [$3]"; exit 1; }; echo "$1: $3"; }

npm install --prefix "$work" --silent --no-audit --no-fund --ignore-scripts tokenlens@1.3.1
cat > "$work/cost.mjs" <<'JS'
import { defaultCatalog, getTokenCosts } from 'tokenlens';

const cost = (usage) => getTokenCosts({ modelId: 'openai:gpt-4o', usage, catalog: defaultCatalog });
const plain = { prompt_tokens: 1000000, completion_tokens: 0, total_tokens: 1000000 };
const cached = { ...plain, prompt_tokens_details: { cached_tokens: 900000 } };
console.log(cost(plain).totalUSD);
console.log(cost(cached).inputUSD, cost(cached).cacheReadUSD, cost(cached).totalUSD);
console.log(cost({ inputTokens: 1000000, outputTokens: 0, cachedInputTokens: 900000 }).totalUSD);
JS
mapfile -t out < <(cd "$work" && timeout 120 node cost.mjs)
version=$(node -p "require('$work/node_modules/tokenlens/package.json').version")

same 'npm tokenlens' 1.3.1 "$version"
same 'a million input tokens' 2.5 "${out[0]}"
same 'the same, 900,000 of them cached: input, cache, total' '2.5 1.125 3.625' "${out[1]}"
same 'the same in the form of the AI SDK' 3.625 "${out[2]}"
