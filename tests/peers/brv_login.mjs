// The login of byterover-cli, kept and cleared by its own store. Takes what to do, and a session key;
// prints what the store holds after it as one line of JSON.
import { pathToFileURL } from 'node:url'

const dist = pathToFileURL(`${process.cwd()}/node_modules/byterover-cli/dist/server/`)
const { FileTokenStore } = await import(new URL('infra/storage/file-token-store.js', dist))
const { AuthToken } = await import(new URL('core/domain/entities/auth-token.js', dist))

const [what, sessionKey] = process.argv.slice(1)
const store = new FileTokenStore()
const keep = (seconds) =>
  store.save(
    new AuthToken({
      accessToken: 'access',
      expiresAt: new Date(Date.now() + seconds * 1000),
      refreshToken: 'refresh',
      sessionKey,
      userEmail: 'ada@example.com',
      userId: 'user-1',
      userName: 'Ada',
    }),
  )
if (what === 'keep') await keep(3600)
if (what === 'expire') await keep(-1)
if (what === 'clear') await store.clear()
const held = await store.load()
console.log(JSON.stringify({ held: held?.sessionKey ?? null }))
