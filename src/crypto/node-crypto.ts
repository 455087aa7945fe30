/**
 * The one seam between Node's synchronous crypto and what other platforms have. The module is asked for at run time, so
 * that portable code neither imports nor bundles it.
 */

/** A KeyObject of node:crypto; opaque to portable code. */
export interface NodeKey {
  readonly type: string
}

/** The part of node:crypto that the core uses. */
export interface NodeCrypto {
  hash(algorithm: string, data: string | Uint8Array, encoding: 'base64url' | 'latin1'): string
  hash(algorithm: string, data: string | Uint8Array, encoding: 'buffer'): Uint8Array<ArrayBuffer>
  createHmac(algorithm: string, key: Uint8Array | NodeKey): { update(data: string | Uint8Array): NodeHmac }
  createVerify(algorithm: string): { update(data: string | Uint8Array): NodeVerify }
  createPublicKey(input: { readonly key: object; readonly format: 'jwk' }): NodeKey
  createPrivateKey(input: { readonly key: object; readonly format: 'jwk' }): NodeKey
  createSecretKey(key: Uint8Array): NodeKey
  verify(digest: string | null, data: Uint8Array, key: object, signature: Uint8Array): boolean
  sign(digest: string | null, data: Uint8Array, key: object): Uint8Array<ArrayBuffer>
  timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean
}

export interface NodeHmac {
  digest(): Uint8Array<ArrayBuffer>
  digest(encoding: 'base64url'): string
}

export interface NodeVerify {
  verify(key: object, signature: Uint8Array): boolean
}

/** Bytes of Node's Buffer, which turns base64url and Latin-1 into bytes and back natively. */
export interface NodeBytes extends Uint8Array<ArrayBuffer> {
  toString(encoding?: 'base64url' | 'latin1'): string
  /** How many bytes were written. */
  write(text: string, offset: number, encoding: 'latin1'): number
  subarray(start?: number, end?: number): NodeBytes
}

export interface NodeBuffer {
  /** Lenient: skips what is no base64url. */
  from(text: string, encoding: 'base64url' | 'latin1'): NodeBytes
  alloc(size: number, fill: number): NodeBytes
}

interface Host {
  readonly process?: { getBuiltinModule?(name: string): unknown }
}

/** node:crypto where the platform has all of it, otherwise null. */
export const nodeCrypto: NodeCrypto | null = load()

/** Node's Buffer, wherever `nodeCrypto` is there. */
export const nodeBuffer: NodeBuffer | null = nodeCrypto
  ? ((globalThis as { Buffer?: NodeBuffer }).Buffer ?? null)
  : null

/** The part of node:zlib that the core uses: the compression streams of other platforms know no levels. */
export interface NodeZlib {
  deflate(
    data: Uint8Array,
    options: { readonly level: number },
    done: (error: Error | null, packed: Uint8Array<ArrayBuffer>) => void,
  ): void
}

/** node:zlib where there is one, otherwise null. */
export const nodeZlib: NodeZlib | null = builtIn<NodeZlib>('node:zlib', 'deflate')

interface NodeCluster {
  readonly isWorker: boolean
  on(event: string, listener: () => void): unknown
}

interface NodeThreads {
  readonly isMainThread: boolean
  receiveMessageOnPort(port: unknown): unknown
}

/** What this thread is among others of its program; null: alone as far as Node knows, or not on Node. */
export function kindOfWorker(): 'a worker of a cluster' | 'a worker thread' | null {
  if (builtIn<NodeCluster>('node:cluster', 'on')?.isWorker === true) return 'a worker of a cluster'
  const threads = builtIn<NodeThreads>('node:worker_threads', 'receiveMessageOnPort')
  return threads?.isMainThread === false ? 'a worker thread' : null
}

function builtIn<T>(name: string, needed: keyof T): T | null {
  const found = (globalThis as Host).process?.getBuiltinModule?.(name) as Partial<T> | undefined
  return found && typeof found[needed] === 'function' ? (found as T) : null
}

function load(): NodeCrypto | null {
  const found = (globalThis as Host).process?.getBuiltinModule?.('node:crypto') as Partial<NodeCrypto> | undefined
  return found && typeof found.hash === 'function' && typeof found.createHmac === 'function'
    ? (found as NodeCrypto)
    : null
}
