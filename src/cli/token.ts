/** `sojourn token inspect`, `sojourn token verify`: a token on standard input, JSON out. */
import { decodeBase64url } from '../crypto/base64url.ts'
import { AuthError, isAuthError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Command } from './command.ts'
import { withInstance } from './open.ts'
import { oneLine, printJson } from './output.ts'
import type { Terminal } from './terminal.ts'

/** Longer than any token that a server would read from a header. */
const TOKEN_LIMIT = 65_536

export const tokenInspect: Command = {
  summary: 'decode the access token on standard input; checks nothing',
  input: 'the token',
  notes: ['It prints header and claims as they stand there, whoever wrote them. `sojourn token verify` judges.'],
  async run({ terminal }) {
    const token = await readToken(terminal)
    return refusing(terminal, 'decoded', async () => {
      const [header = '', payload = '', ...rest] = token.split('.')
      if (rest.length !== 1) throw malformed('it has not the three parts of a signed token')
      return {
        verified: false,
        note: 'decoded only: nobody has checked the signature, the times or whether it was revoked',
        bytes: token.length,
        header: decode('header', header),
        claims: decode('payload', payload),
      }
    })
  },
}

export const tokenVerify: Command = {
  summary: 'check the access token on standard input as the server would',
  input: 'the token',
  notes: [
    'Signature, claims, lifetime and revocation. Exit code 0: accepted; 1: refused, with the code that says why.',
  ],
  async run({ terminal }) {
    const token = await readToken(terminal)
    return withInstance(terminal.env, ({ logins }) =>
      refusing(terminal, 'accepted', async () => {
        const login = await logins.verify(token, 'lookup')
        return {
          accepted: true,
          subject: login.subject,
          session: login.sessionId,
          expires_at: login.expiresAt,
          freshness: login.freshness,
          claims: login.token ?? login.claims,
        }
      }),
    )
  },
}

/** Prints what `work` answers, or the code with which it refused. */
async function refusing(terminal: Terminal, verb: string, work: () => Promise<object>): Promise<number> {
  try {
    printJson(terminal, await work())
    return 0
  } catch (error) {
    if (!isAuthError(error)) throw error
    const message = oneLine(error.message)
    printJson(terminal, { [verb]: false, code: error.code, message })
    terminal.err(`sojourn: ${message.replace(/\.$/, '')} (${error.code})`)
    return 1
  }
}

/** A line break at the end is the shell's; nothing else is forgiven. */
async function readToken(terminal: Terminal): Promise<string> {
  return (await terminal.readInput('a token', TOKEN_LIMIT)).replace(/\r?\n$/, '')
}

/** @throws AuthError `token.malformed`; never repeats what stands in the token */
function decode(part: string, text: string): JsonObject {
  const bytes = decodeBase64url(text)
  if (!bytes || bytes.length === 0) throw malformed(`its ${part} is not base64url`)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw malformed(`its ${part} is not JSON`, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed(`its ${part} is no JSON object`)
  return value as JsonObject
}

function malformed(why: string, cause?: unknown): AuthError {
  return new AuthError('token.malformed', `That is no access token: ${why}.`, { cause })
}
