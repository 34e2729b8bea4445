// A device login at a server, and three renewals of it, by openid-client. Takes the base URL;
// prints what came of it as one line of JSON.
import * as oidc from 'openid-client'

const base = process.argv[1]
const config = new oidc.Configuration(
  {
    issuer: base,
    token_endpoint: `${base}/api/oauth/token`,
    device_authorization_endpoint: `${base}/api/oauth/device/code`,
  },
  'openid-client',
  undefined,
  oidc.None(),
)
oidc.allowInsecureRequests(config)

const asked = await oidc.initiateDeviceAuthorization(config, {
  scope: 'inference:invoke billing:manage',
})
console.log(JSON.stringify({ event: 'verification', user_code: asked.user_code }))

let token
try {
  token = await oidc.pollDeviceAuthorizationGrant(config, asked)
} catch (refused) {
  console.log(JSON.stringify({ refused: [refused.error] }))
  process.exit()
}
const first = token.access_token
const seen = [token.refresh_token]
for (let round = 0; round < 3; round++) {
  token = await oidc.refreshTokenGrant(config, seen.at(-1))
  seen.push(token.refresh_token)
}
const state = await oidc.fetchProtectedResource(
  config,
  token.access_token,
  new URL(`${base}/api/billing/state`),
  'GET',
)
let reused = null
try {
  await oidc.refreshTokenGrant(config, seen[0])
} catch (refused) {
  reused = refused.error
}
console.log(
  JSON.stringify({
    scope: token.scope.split(' '),
    refresh_tokens: new Set(seen).size,
    renewed: token.access_token !== first,
    state: state.status,
    reused,
  }),
)
