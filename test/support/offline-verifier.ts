/** A service as it may be deployed: a JWKS file, `sojourn/verifier`, no network. Verifies the tokens on standard input. */
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { createVerifier, isAuthError } from 'sojourn/verifier'

const [file = '', issuer = '', audience = ''] = process.argv.slice(2)
globalThis.fetch = () => {
  throw new Error('there is no network')
}
const verifier = createVerifier({ keys: JSON.parse(readFileSync(file, 'utf8')), issuer, audience })
const answers: unknown[] = []
for (const token of JSON.parse(await text(process.stdin)) as readonly string[]) {
  try {
    answers.push(await verifier.verify(token))
  } catch (error) {
    answers.push({ error: isAuthError(error) ? error.code : String(error) })
  }
}
console.log(JSON.stringify(answers))
