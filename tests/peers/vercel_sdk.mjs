// What Vercel's own SDK does at a server. Takes its base URL, a key and what to do: "read" what an
// account has, "buy" credits of $25 as the SDK comes, or "buy-with-retries" as its own switch for
// retries does. Prints what came of it as one line of JSON.
import { Vercel } from '@vercel/sdk'

const [base, key, what] = process.argv.slice(1)
const retries = {
  strategy: 'backoff',
  backoff: { initialInterval: 50, maxInterval: 200, exponent: 1.5, maxElapsedTime: 10_000 },
  retryConnectionErrors: true,
}
const client = new Vercel({
  bearerToken: key,
  serverURL: base,
  ...(what === 'buy-with-retries' ? { retryConfig: retries } : {}),
})

// It has no method for the credits of the gateway: this is the request that its methods make.
async function credits() {
  const context = { operationID: 'credits', oAuth2Scopes: null, resolvedSecurity: null }
  const request = client._createRequest(context, {
    method: 'GET',
    path: 'v1/credits',
    headers: new Headers({ authorization: `Bearer ${key}` }),
  })
  const answer = await client._do(request.value, {
    context,
    isErrorStatusCode: (status) => status >= 400,
    retryConfig: { strategy: 'none' },
    retryCodes: [],
  })
  return { status: answer.value.status, body: await answer.value.json() }
}

async function buy() {
  const item = { type: 'credits', creditType: 'gateway', amount: 25 }
  try {
    return { bought: await client.billing.buyCredits({ requestBody: { item } }) }
  } catch (failed) {
    return { failed: failed.constructor.name }
  }
}

console.log(JSON.stringify(what === 'read' ? await credits() : await buy()))
