/** Whether a public key is a point of its curve. Runs once per imported key, so that every platform refuses the same ones. */

interface Weierstrass {
  readonly p: bigint
  readonly b: bigint
}

/** y² = x³ - 3x + b (NIST SP 800-186 §3.2.1). Both curves have prime order, so that every point but infinity will do. */
const WEIERSTRASS: Readonly<Record<'P-256' | 'P-384', Weierstrass>> = {
  'P-256': {
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8_aa3a93e7_b3ebbd55_769886bc_651d06b0_cc53b0f6_3bce3c3e_27d2604bn,
  },
  'P-384': {
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7_e23ee7e4_988e056b_e3f82d19_181d9c6e_fe814112_0314088f_5013875a_c656398d_8a2ed19d_2a85c8ed_d3ec2aefn,
  },
}

/** -x² + y² = 1 + d x² y² (RFC 8032 §5.1). */
const P25519 = 2n ** 255n - 19n
const D25519 = 0x52036cee_2b6ffe73_8cc74079_7779e898_00700a4d_4141d8ab_75eb4dca_135978a3n
const ORDER_8_Y = 0x05fc536d_880238b1_3933c6d3_05acdfd5_f098eff2_89f4c345_b027b2c2_8f95e826n
/** y of the points of order 1, 2, 4 and 8: under such a key anybody can sign. */
const LOW_ORDER_Y: ReadonlySet<bigint> = new Set([0n, 1n, P25519 - 1n, ORDER_8_Y, P25519 - ORDER_8_Y])

export function isWeierstrassPoint(curve: 'P-256' | 'P-384', x: Uint8Array, y: Uint8Array): boolean {
  const { p, b } = WEIERSTRASS[curve]
  const [px, py] = [toBigInt(x), toBigInt(y)]
  return px < p && py < p && (py * py - (px * px * px - 3n * px + b)) % p === 0n
}

/** @param encoded 32 bytes, little-endian y with the sign of x in the top bit; only the canonical form passes */
export function isEd25519Point(encoded: Uint8Array): boolean {
  const bytes = Uint8Array.from(encoded).reverse()
  bytes[0] = (bytes[0] as number) & 0x7f
  const y = toBigInt(bytes)
  if (y >= P25519 || LOW_ORDER_Y.has(y)) return false
  const y2 = (y * y) % P25519
  // x² = u / v has a root exactly if u·v is a square (Euler's criterion).
  const u = y2 - 1n
  const v = D25519 * y2 + 1n
  return power(u * v, (P25519 - 1n) / 2n) === 1n
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = ((base % P25519) + P25519) % P25519, e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * square) % P25519
    square = (square * square) % P25519
  }
  return result
}

function toBigInt(bytes: Uint8Array): bigint {
  let hex = '0x0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(hex)
}
