/** Where our verifier and `jose` differ, and why. The differential test asserts that it is exactly so. */
export interface Difference {
  /** The class of mutations, and those of its variants that differ. */
  readonly kind: string
  readonly variants: readonly string[]
  /** Our answer: the code of the refusal, or `accepted`; `jose` says the opposite. */
  readonly ours: string
  readonly reason: string
}

const types = (name: string, ...values: readonly unknown[]): readonly string[] =>
  values.map((value) => `${name}=${JSON.stringify(value)}`)
const NO_TEXT = ['', null, true, 0, 1, [], {}, ['x'], [1]]

export const DIFFERENCES: readonly Difference[] = [
  {
    kind: 'swap-algorithm',
    variants: ['Ed25519'],
    ours: 'accepted',
    reason:
      'A key called EdDSA is an Ed25519 key: RFC 9864 gives the one algorithm a second name. jose compares the names.',
  },
  {
    kind: 'change-character',
    variants: ['last'],
    ours: 'token.malformed',
    reason: 'Some changes of the last character touch unused bits only; jose decodes the same signature from them.',
  },
  {
    kind: 'spare-bits',
    variants: ['header', 'payload', 'signature'],
    ours: 'token.malformed',
    reason:
      'Bits that encode nothing must be zero (RFC 4648 section 3.5): else one token has many texts, and as many cache entries.',
  },
  {
    kind: 'padding',
    variants: ['signature-pad', 'space-in-signature', 'trailing-newline'],
    ours: 'token.malformed',
    reason:
      'RFC 7515 section 2 allows neither padding nor white space, and rfc8725bis section 3.14 no other character.',
  },
  {
    kind: 'signed-padding',
    variants: ['header-pad', 'payload-space'],
    ours: 'token.malformed',
    reason: 'The same where the signature covers it: an issuer that writes so is not writing JWTs.',
  },
  {
    kind: 'duplicates',
    variants: ['sub', 'exp', 'same-value', 'escaped-name', 'further-in'],
    ours: 'token.malformed',
    reason:
      'RFC 7519 section 4 lets a parser refuse duplicates or take the last; two parsers that choose differently see two users.',
  },
  {
    kind: 'duplicates',
    variants: ['proto'],
    ours: 'token.malformed',
    reason: 'A member called __proto__ changes the prototype of whatever object it is copied into carelessly.',
  },
  {
    kind: 'header-duplicates',
    variants: ['alg', 'kid'],
    ours: 'token.malformed',
    reason:
      'RFC 7515 section 4 says the same of the header; here the two readings would be two algorithms or two keys.',
  },
  {
    kind: 'numbers',
    variants: ['infinite', 'infinite-extra'],
    ours: 'token.malformed',
    reason: '1e999 reads as Infinity: an exp that never comes, and no JSON number that another parser could agree on.',
  },
  {
    kind: 'numbers',
    variants: ['fraction-gen', 'negative-gen'],
    ours: 'token.claim_invalid',
    reason: 'gen is our own claim, an integer and not negative; jose does not know it.',
  },
  {
    kind: 'unicode',
    variants: ['bom', 'escaped-half-pair'],
    ours: 'token.malformed',
    reason:
      'JSON text has no byte order mark (RFC 8259 section 8.1) and a text no half of a surrogate pair (RFC 7493 section 2.1).',
  },
  {
    kind: 'critical',
    variants: ['b64-true', 'b64-true-alone', 'b64-false-alone', 'zip'],
    ours: 'token.critical',
    reason:
      'Each says that the rest is to be read differently; RFC 7797 section 7 keeps b64 out of JWTs. We read one form.',
  },
  {
    kind: 'claim-types',
    variants: [
      ...types('sub', ...NO_TEXT),
      ...types('jti', ...NO_TEXT),
      ...types('sid', ...NO_TEXT),
      ...types('client_id', ...NO_TEXT),
      ...types('gen', '', 'x', null, true, [], {}, ['x'], [1]),
    ],
    ours: 'token.claim_invalid',
    reason:
      'Ids are texts and not empty, gen is a number: what compares them later must not meet another type. jose asks for presence.',
  },
  {
    kind: 'audiences',
    variants: types('aud', ['https://api.example', ''], ['https://api.example', 1], ['https://api.example', null]),
    ours: 'token.claim_invalid',
    reason: 'RFC 7519 section 4.1.3: every audience of a list is a text. jose looks only for the one that it wants.',
  },
  {
    kind: 'times',
    variants: types('exp', 1_750_003_601, 2_750_000_000),
    ours: 'token.lifetime',
    reason: 'maxLifetimeSeconds bounds exp - iat, however young the token is; jose bounds its age.',
  },
  {
    kind: 'times',
    variants: types('iat', 1_749_996_999, 1_749_996_400),
    ours: 'token.lifetime',
    reason: 'The same, reached from the other side: an issue long ago makes the whole life too long.',
  },
  {
    kind: 'times',
    variants: types('exp', 2 ** 53),
    ours: 'token.claim_invalid',
    reason: 'From 2^53 on a number no longer names one second; no instant is that far away.',
  },
  {
    kind: 'nesting',
    variants: ['deep', 'very-deep'],
    ours: 'token.malformed',
    reason: 'No more than 16 levels: what reads the claims later may recurse, and nothing needs them.',
  },
  {
    kind: 'nesting',
    variants: ['large'],
    ours: 'token.too_large',
    reason: 'No more than 8192 characters, which is what servers take as a header; refused before it is read.',
  },
]
