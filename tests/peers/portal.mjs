// A portal made of oidc-provider: its device flow and its token endpoint at the paths of the portal,
// and one account behind them. Takes the life of a device code in seconds; prints its base URL as one
// line of JSON, then serves until it is ended.
//
// What a person does on its page is done by GET /person/approve?user_code=…&scope=… and
// /person/deny?user_code=…; every request to the token endpoint is counted.
import http from 'node:http'
import Provider from 'oidc-provider'

const deviceCodeLife = Number(process.argv[1] ?? 600)
const server = http.createServer()
await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
const base = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(base, {
  clients: [
    {
      client_id: 'hermes-cli',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
    },
  ],
  scopes: ['inference:invoke', 'billing:manage'],
  features: { deviceFlow: { enabled: true }, devInteractions: { enabled: false } },
  routes: {
    device_authorization: '/api/oauth/device/code',
    token: '/api/oauth/token',
    code_verification: '/device',
  },
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  ttl: { DeviceCode: deviceCodeLife, AccessToken: 900, RefreshToken: 3600, Grant: 3600 },
  findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
})

const counted = { token: 0 }

async function person(path, query) {
  const code = await provider.DeviceCode.findByUserCode(
    query.get('user_code').replaceAll('-', ''),
    { ignoreExpiration: true },
  )
  if (path === '/person/deny') {
    Object.assign(code, { error: 'access_denied', errorDescription: 'the person said no' })
  } else {
    const grant = new provider.Grant({ accountId: 'me', clientId: code.clientId })
    grant.addOIDCScope(query.get('scope'))
    Object.assign(code, { accountId: 'me', grantId: await grant.save(), scope: query.get('scope') })
    code.authTime = Math.floor(Date.now() / 1000)
  }
  await code.save(deviceCodeLife)
}

function reply(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

async function state(request, response) {
  const bearer = (request.headers.authorization ?? '').replace(/^Bearer /i, '')
  const token = bearer && (await provider.AccessToken.find(bearer))
  if (!token?.isValid) return reply(response, 401, { error: 'invalid_token' })
  reply(response, 200, {
    org: { id: 'org_peer', slug: 'peer', name: 'Peer', role: 'OWNER' },
    balanceUsd: '12.5',
    cliBillingEnabled: true,
    chargePresets: [],
    card: null,
    monthlyCap: null,
    autoReload: null,
    scope: token.scope,
  })
}

server.on('request', async (request, response) => {
  const url = new URL(request.url, base)
  try {
    if (url.pathname.startsWith('/person/')) {
      await person(url.pathname, url.searchParams)
      return reply(response, 200, counted)
    }
    if (url.pathname === '/counted') return reply(response, 200, counted)
    if (url.pathname === '/api/billing/state') return await state(request, response)
    if (url.pathname === '/api/oauth/token') counted.token += 1
    provider.callback()(request, response)
  } catch (error) {
    reply(response, 500, { error: String(error) })
  }
})
console.log(JSON.stringify({ base_url: base }))
