/** Compression of status lists, by the streams that every platform has; what is inflated has an end. */
import { nodeZlib } from '../crypto/node-crypto.ts'
import { AuthError } from '../errors.ts'

type Format = 'deflate' | 'gzip'
type Bytes = Uint8Array<ArrayBuffer>

/** As a ZLIB stream (RFC 1950), as small as the platform can make it. */
export function deflateZlib(bytes: Uint8Array): Promise<Bytes> {
  const zlib = nodeZlib
  if (!zlib) return compress(bytes, 'deflate')
  return new Promise((resolve, reject) => {
    zlib.deflate(bytes, { level: 9 }, (error, packed) => (error ? reject(error) : resolve(packed)))
  })
}

/** As a GZIP file (RFC 1952), for `Content-Encoding`. */
export function gzip(bytes: Uint8Array): Promise<Bytes> {
  return compress(bytes, 'gzip')
}

/**
 * The content of a ZLIB stream; null as soon as it is larger than `maxBytes`: no more than that, and a piece of the stream's
 * own, is ever held, however far it would go on (a thousand bytes for each of its own, at most).
 *
 * @throws AuthError `status.unavailable` for anything but exactly one whole stream
 */
export async function inflateZlib(packed: Uint8Array, maxBytes: number): Promise<Bytes | null> {
  try {
    return await collect(through(packed, new DecompressionStream('deflate')), maxBytes)
  } catch (cause) {
    throw new AuthError('status.unavailable', 'the status list cannot be used: it is no ZLIB stream', { cause })
  }
}

async function compress(bytes: Uint8Array, format: Format): Promise<Bytes> {
  const packed = await collect(through(bytes, new CompressionStream(format)), Number.POSITIVE_INFINITY)
  return packed as Bytes
}

function through(
  bytes: Uint8Array,
  transform: CompressionStream | DecompressionStream,
): ReadableStream<Uint8Array<ArrayBufferLike>> {
  return new Blob([new Uint8Array(bytes)]).stream().pipeThrough(transform)
}

async function collect(stream: ReadableStream<Uint8Array<ArrayBufferLike>>, maxBytes: number): Promise<Bytes | null> {
  const reader = stream.getReader()
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > maxBytes) {
      await reader.cancel()
      return null
    }
    pieces.push(value)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
