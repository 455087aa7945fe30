/**
 * A process of its own over the SQLite file of an application that signs in with a provider: asks for access tokens as its parent
 * says. Arguments: the file, the issuer, the application's origin.
 */
import { createAuth, isAuthError } from '../../src/index.ts'
import { createOidcLogin } from '../../src/oidc/client/index.ts'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { CLIENT, SECRET } from './sso-client.ts'

const [, , path = '', issuer = '', origin = ''] = process.argv
const store = createSqliteStore({ path })
const auth = createAuth({ store, issuer: origin, secrets: SECRET })
const redirectUri = `${origin}/auth/sso/callback`
const sso = createOidcLogin({ auth, store, secrets: SECRET, issuer, ...CLIENT, redirectUri })
await auth.ready()
process.send?.('ready')

process.on('message', async ({ sessionId, refused, startAtMs }: Record<string, string> & { startAtMs: number }) => {
  // All workers spin up to one moment, so that they do meet.
  while (Date.now() < startAtMs);
  const calls = Array.from({ length: 5 }, () =>
    sso.accessToken({ sessionId: sessionId ?? '' }, { refused: refused ?? '' }),
  )
  const answers = await Promise.allSettled(calls)
  process.send?.(
    answers.map((answer) =>
      answer.status === 'fulfilled'
        ? answer.value.accessToken
        : isAuthError(answer.reason)
          ? answer.reason.code
          : String(answer.reason),
    ),
  )
})
