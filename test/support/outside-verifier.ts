/**
 * A service outside the fleet as a process of its own: no store, only `sojourn/verifier`, the issuer's key set and its status
 * lists. Argument: options as JSON. Answers each message `{ token }` with what it decides; its clock is `{ now }` of the last.
 */
import { createVerifier, isAuthError } from 'sojourn/verifier'

interface Question {
  readonly token: string
  /** Seconds since 1970. */
  readonly now: number
}

const { issuer, audience } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly issuer: string
  readonly audience: string
}
let now = 0
const verifier = createVerifier({
  jwksUrl: `${issuer}/.well-known/jwks.json`,
  issuer,
  audience,
  clock: () => now,
  revocations: { statusLists: `${issuer}/status/` },
})

process.on('message', async (question: Question) => {
  now = question.now
  try {
    const { sub } = await verifier.verify(question.token)
    process.send?.({ accepted: sub, by: verifier.revocation })
  } catch (error) {
    process.send?.({ refused: isAuthError(error) ? error.code : String(error) })
  }
})
process.send?.('ready')
