/** The public key of an X.509 certificate (RFC 5280 §4.1). The certificate itself is not judged. */

interface Element {
  readonly tag: number
  readonly start: number
  readonly content: number
  readonly end: number
}

/** @returns its SubjectPublicKeyInfo in DER, or null */
export function certificateKey(der: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  const certificate = read(der, 0)
  const body = certificate && read(der, certificate.content)
  if (body?.tag !== 0x30) return null
  let at = body.content
  // [0] version, if it is there; serial, algorithm, issuer, validity, subject; then the key.
  const version = read(der, at)
  if (version?.tag === 0xa0) at = version.end
  for (let i = 0; i < 5; i++) {
    const skipped = read(der, at)
    if (!skipped) return null
    at = skipped.end
  }
  const key = read(der, at)
  return key && key.tag === 0x30 ? der.slice(key.start, key.end) : null
}

function read(der: Uint8Array, start: number): Element | null {
  const [tag, first] = [der[start], der[start + 1]]
  if (tag === undefined || first === undefined) return null
  const wide = first > 0x80 ? first - 0x80 : 0
  if (wide > 3) return null
  let length = wide === 0 ? first : 0
  for (let i = 0; i < wide; i++) length = length * 256 + (der[start + 2 + i] ?? 0)
  const content = start + 2 + wide
  return content + length > der.length ? null : { tag, start, content, end: content + length }
}
