// brv without its socket: the parts of its daemon, put together by the function that its daemon uses,
// asked by lines of JSON instead. Takes the base URL of a billing service; then answers each line with
// one line. Each request meets a daemon that has just started, with what lies in the home.
//
//   {"event": "status:get", "with": {…}}       what a client of the daemon asks it
//   {"login": SESSION_KEY}                     a login as `brv login` keeps it
//   {"pins": ["a", "b", null], "project": …}   the pins set one after another
import { createInterface } from 'node:readline'
import { join } from 'node:path'

const dist = join(process.cwd(), 'node_modules/byterover-cli/dist')
const part = (path) => import(join(dist, path))

const [base] = process.argv.slice(1)
for (const name of ['BILLING', 'IAM', 'COGIT', 'GIT_REMOTE', 'LLM']) {
  process.env[`BRV_${name}_BASE_URL`] = base
}
process.env.BRV_WEB_APP_URL = base
console.warn = () => {} // the service has no OIDC, and the daemon goes on without

const { setupFeatureHandlers } = await part('server/infra/process/feature-handlers.js')
const { AuthStateStore } = await part('server/infra/state/auth-state-store.js')
const { createTokenStore } = await part('server/infra/storage/token-store.js')
const { AuthToken } = await part('server/core/domain/entities/auth-token.js')
const { FileProviderConfigStore } = await part('server/infra/storage/file-provider-config-store.js')
const { createProviderKeychainStore } = await part('server/infra/storage/provider-keychain-store.js')
const { FileBillingConfigStore } = await part('server/infra/storage/file-billing-config-store.js')
const { formatBillingLine } = await part('oclif/lib/format-billing-line.js')

const pinsOf = (project) => new FileBillingConfigStore({ baseDir: join(project, '.brv') })

async function daemon(project) {
  const handlers = new Map()
  const transport = new Proxy(
    { onRequest: (event, handler) => handlers.set(event, handler) },
    { get: (known, name) => known[name] ?? (() => {}) },
  )
  const authStateStore = new AuthStateStore({ tokenStore: createTokenStore() })
  await setupFeatureHandlers({
    authStateStore,
    billingConfigStoreFactory: pinsOf,
    broadcastToProject() {},
    getActiveProjectPaths: () => [],
    log() {},
    projectRegistry: {},
    providerConfigStore: new FileProviderConfigStore(),
    providerKeychainStore: createProviderKeychainStore(),
    providerOAuthTokenStore: {},
    resolveProjectPath: () => project,
    transport,
  })
  await authStateStore.loadToken()
  return handlers
}

async function answer(request) {
  if (request.login) {
    const token = new AuthToken({
      accessToken: 'access',
      refreshToken: 'refresh',
      expiresAt: new Date(Date.now() + 3_600_000),
      sessionKey: request.login,
      userEmail: 'you@example.com',
      userId: 'you',
    })
    await createTokenStore().save(token)
    return {}
  }
  if (request.pins) {
    for (const pin of request.pins) {
      await pinsOf(request.project).setPinnedTeamId(pin ?? undefined)
    }
    return { pinned: (await pinsOf(request.project).getPinnedTeamId()) ?? null }
  }
  const handlers = await daemon(request.project)
  const found = await handlers.get(request.event)(request.with ?? {}, 'a client')
  const billing = found.billing ?? found.status?.billing
  return billing ? { ...found, line: formatBillingLine(billing) } : found
}

for await (const line of createInterface({ input: process.stdin })) {
  const found = await answer(JSON.parse(line)).catch((error) => ({ failed: error.message }))
  process.stdout.write(`${JSON.stringify(found)}\n`)
}
