/** `sojourn secret`: a new secret for `SOJOURN_SECRET` or `SOJOURN_OPERATOR_KEY`. */
import { encodeBase64url } from '../crypto/base64url.ts'
import { randomBytes } from '../crypto/random.ts'
import type { Command } from './command.ts'

export const secret: Command = {
  summary: 'print a new random secret (256 bits)',
  notes: [
    'SOJOURN_SECRET takes a list, newest first: put the new one before the old one, restart, and drop the old one when the',
    'last session that knew it has ended. It is good for SOJOURN_OPERATOR_KEY too.',
  ],
  async run({ terminal }) {
    terminal.out(encodeBase64url(randomBytes(32)))
    return 0
  },
}
