/** Bodies that a provider sends: small forms, nothing else. */

import { AuthError } from '../../errors.ts'
import { parseForm, readBytes } from '../../http/body.ts'
import type { HttpRequest } from '../../http/message.ts'

const MAX_BYTES = 16 * 1024

/** @throws AuthError `request.media_type`, `request.malformed`, `request.too_large` */
export async function readForm(request: HttpRequest): Promise<ReadonlyMap<string, string>> {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    throw new AuthError('request.media_type', 'send application/x-www-form-urlencoded')
  }
  const bytes = await readBytes(request, MAX_BYTES)
  return parseForm(new TextDecoder().decode(bytes))
}
