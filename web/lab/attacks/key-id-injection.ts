/** 4: the key's name in the token, used as a file's path or put into SQL. */
import { decodeBase64url } from '../../../src/crypto/base64url.ts'
import { createTestIssuer } from '../../../src/testing/test-issuer.ts'
import { createVerifier } from '../../../src/verifier/index.ts'
import { BANK, type Bank, bearer, LOGIN, paying, Refusal, stealing, tokenBank } from './bank.ts'
import type { Exercise } from './exercise.ts'
import { hmac, signedByHmac, takeApart } from './forge.ts'

type FindSecret = (kid: string) => Uint8Array | string

export const keyIdInjection: Exercise = {
  id: 'key-id-injection',
  title: 'The name of the key as a path, or as SQL (kid injection)',
  attackerHas: 'nothing but the form of a token',
  naive:
    'Two banks look up the secret by the kid of a token that nobody has checked yet: one in files, one in a table.',
  naiveCode: `(kid) => files.get(new URL(\`file:///srv/keys/\${kid}\`).pathname) ?? refuse()
(kid) => naiveSql(\`SELECT secret FROM keys WHERE kid = '\${kid}'\`, secret)`,
  defence:
    'createVerifier compares kid with the names of the keys that it already holds. It is never a path, a query or an address.',
  remains: [
    'Your own code may still do something with kid: a log line, a metric, a cache key. Treat it, like every header and claim, as what a stranger typed.',
    'Keys in files or in a database need their own protection; this is about who chooses which one is read.',
  ],
  async attack(server, stage) {
    const issuer = await createTestIssuer({ issuer: LOGIN, audience: BANK, algorithm: 'HS256', clock: stage.clock.now })
    const [jwk] = issuer.jwks.keys
    const secret = decodeBase64url(String(jwk?.k)) ?? new Uint8Array()
    const files = new Map<string, Uint8Array | string>([
      [`/srv/keys/${jwk?.kid}`, secret],
      ['/srv/public/robots.txt', 'User-agent: *\n'],
      ['/dev/null', ''],
    ])
    const byFile: FindSecret = (kid) => files.get(new URL(`file:///srv/keys/${kid}`).pathname) ?? refuse()
    const bySql: FindSecret = (kid) => naiveSql(`SELECT secret FROM keys WHERE kid = '${kid}'`, secret)
    const naiveBank = (find: FindSecret): Bank =>
      tokenBank(async (token) => {
        const { header, payload, input, signature } = takeApart(token)
        return hmac(find(String(header.kid)), input) === signature ? payload : refuse()
      })
    const defended = tokenBank(createVerifier(issuer.verifierOptions).verify)
    const [withFiles, withTable] = server === 'naive' ? [naiveBank(byFile), naiveBank(bySql)] : [defended, defended]

    const good = await issuer.token({ sub: 'alice' })
    stage.tell('alice', 'pays 20 to bob with her own token', await withFiles.handle(paying(bearer(good))))
    const { header, payload } = takeApart(good)
    const attempts: readonly (readonly [Bank, kid: string, secret: string])[] = [
      [withFiles, '../../dev/null', ''],
      [withFiles, '../public/robots.txt', 'User-agent: *\n'],
      [withTable, "x' UNION SELECT 'mine", 'mine'],
    ]
    for (const [bank, kid, known] of attempts) {
      const forged = signedByHmac({ ...header, kid }, payload, known)
      const what = known === '' ? 'an empty secret' : `the secret ${JSON.stringify(known)}`
      stage.tell(
        'attacker',
        `signs sub alice with ${what} and names the key ${kid}`,
        await bank.handle(stealing(bearer(forged))),
      )
    }
    return [...new Set([...withFiles.book, ...withTable.book])]
  },
}

function refuse(): never {
  throw new Refusal('the signature does not match')
}

/** As much of a database as this query needs: one table of one row, and UNION with a text. */
function naiveSql(query: string, secret: Uint8Array): Uint8Array | string {
  const union = /^SELECT secret FROM keys WHERE kid = '[^']*' UNION SELECT '([^']*)'$/.exec(query)
  return union?.[1] ?? secret
}
