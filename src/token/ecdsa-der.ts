/** ECDSA signatures between the fixed form of JWS (r || s, RFC 7518 §3.4) and the DER form that node:crypto is fastest with. */

/** @param raw r and s of equal length, at most 48 bytes each */
export function rawToDer(raw: Uint8Array): Uint8Array {
  const size = raw.length >> 1
  const der = new Uint8Array(2 * size + 8)
  const afterR = writeInteger(der, 2, raw, 0, size)
  const end = writeInteger(der, afterR, raw, size, 2 * size)
  der[0] = 0x30
  der[1] = end - 2
  return der.subarray(0, end)
}

/** The shortest form: no leading zero bytes but the one that keeps the number positive. */
function writeInteger(der: Uint8Array, at: number, raw: Uint8Array, from: number, to: number): number {
  let start = from
  while (start < to - 1 && raw[start] === 0) start++
  const sign = (raw[start] as number) >> 7
  der[at] = 0x02
  der[at + 1] = to - start + sign
  for (let i = start, o = at + 2 + sign; i < to; i++, o++) der[o] = raw[i] as number
  return at + 2 + sign + to - start
}

/** @param der as node:crypto makes it */
export function derToRaw(der: Uint8Array, size: number): Uint8Array {
  const raw = new Uint8Array(2 * size)
  const r = readInteger(der, 2)
  const s = readInteger(der, r.end)
  raw.set(r.bytes, size - r.bytes.length)
  raw.set(s.bytes, 2 * size - s.bytes.length)
  return raw
}

function readInteger(der: Uint8Array, at: number): { readonly bytes: Uint8Array; readonly end: number } {
  const end = at + 2 + (der[at + 1] as number)
  const start = der[at + 2] === 0 ? at + 3 : at + 2
  return { bytes: der.subarray(start, end), end }
}
