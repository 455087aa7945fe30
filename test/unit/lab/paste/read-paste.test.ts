import { describe, expect, it } from 'vitest'
import { groupTokens } from '../../../../web/lab/paste/groups.ts'
import { readBytes, readPaste } from '../../../../web/lab/paste/read-paste.ts'
import { base64url, CLAIMS, compact, HEADER, TOKEN } from './tokens.ts'

const OTHER = compact(HEADER, { ...CLAIMS, iat: 1_600_000_000, jti: 't0' })
const FOREIGN = compact(HEADER, { ...CLAIMS, sub: 'ben' })

describe('what is pasted', () => {
  it.each([
    ['empty', ' \n', 0],
    ['jws', TOKEN, 1],
    ['jws', `Bearer ${TOKEN}\n`, 1],
    ['jws', `"${TOKEN}",`, 1],
    ['jws', `${TOKEN.slice(0, 30)}\r\n${TOKEN.slice(30)}`, 1],
    ['jws', TOKEN.slice(0, 100), 1],
    ['jws', `${TOKEN.slice(0, 30)}!${TOKEN.slice(30)}`, 1],
    ['jws', 'bm90IGpzb24gYXQgYWxs.bm90IGpzb24.c2ln', 1],
    ['unsecured', compact({ alg: 'none' }, CLAIMS, ''), 1],
    ['sd-jwt', `${TOKEN}~${base64url('["s","n",1]')}~`, 1],
    ['jwe', `${base64url('{"alg":"dir","enc":"A256GCM"}')}..aXY.Y2lw.dGFn`, 1],
    ['paseto', 'v4.public.eyJzdWIiOiJhbmEifQ', 1],
    ['set-cookie', `Set-Cookie: sid=${TOKEN}; Path=/\nSet-Cookie: a=b`, 1],
    ['cookie', `Cookie: a=b; at=${TOKEN}; rt=${OTHER}`, 2],
    ['authorization', `> Authorization: Bearer ${TOKEN}`, 1],
    ['authorization', 'Authorization: Basic YTpi', 0],
    ['pem', '-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----', 0],
    ['jwk', '{"kty":"EC","crv":"P-256"}', 0],
    ['jwks', '{"keys":[{"kty":"EC","kid":"k1"}]}', 0],
    ['curl', `curl https://api.example/ \\\n  -H 'Authorization: Bearer ${TOKEN}' -b "at=${OTHER}"`, 2],
    ['json', JSON.stringify({ access_token: TOKEN, nested: { id_token: OTHER } }), 2],
    ['text', `one ${TOKEN}\nand ${OTHER}`, 2],
    ['text', `${TOKEN}\n${OTHER}`, 2],
    ['text', 'nothing to see at login.example.com', 0],
    ['binary', 'a\u0000b', 0],
  ])('is %s', (kind, input, tokens) => {
    const paste = readPaste(input)
    expect(paste.kind).toBe(kind)
    expect(paste.tokens).toHaveLength(tokens)
    for (const { start, token } of paste.tokens) {
      if (start !== null) expect(input.slice(start, start + token.text.length)).toBe(token.text)
    }
  })

  it('names where each stands', () => {
    const har = {
      log: {
        entries: [
          {
            request: {
              url: `https://app.example/#id_token=${OTHER}`,
              headers: [{ name: 'Authorization', value: `Bearer ${TOKEN}` }],
              postData: { text: `token=${encodeURIComponent(FOREIGN)}` },
            },
            response: { headers: [{ name: 'Set-Cookie', value: 'a=b; Path=/' }], content: { text: '{}' } },
          },
        ],
      },
    }
    const paste = readPaste(JSON.stringify(har))
    expect(paste.kind).toBe('har')
    expect(paste.setCookies).toEqual(['a=b; Path=/'])
    expect(paste.tokens.map(({ source }) => source)).toEqual([
      'request 1: address',
      'request 1: Authorization',
      'request 1: body',
    ])
    expect(
      groupTokens(paste.tokens).map(({ subject, tokens }) => [subject, tokens.map(({ token }) => token.payload?.jti)]),
    ).toEqual([
      ['ana', ['t0', 't1']],
      ['ben', ['t1']],
    ])
  })

  it('reads a curl command as a shell would', () => {
    const command = `curl --header=Authorization:\\ Bearer\\ ${TOKEN} -d $'{"t":"${OTHER}"}' --oauth2-bearer ${FOREIGN}`
    expect(readPaste(command).tokens.map(({ source }) => source)).toEqual([
      'curl: Authorization',
      'curl: Authorization',
      'curl: body',
    ])
  })

  it('is bounded', () => {
    expect(readPaste('a'.repeat(9 * 1024 * 1024)).kind).toBe('too-large')
    const many = readPaste(Array.from({ length: 150 }, () => TOKEN).join('\n'))
    expect(many.tokens).toHaveLength(100)
    expect(many.notes).toContain('Only the first 100 tokens are listed.')
  })

  it('reads files', () => {
    const bytes = (text: string) => new TextEncoder().encode(text)
    expect(readBytes(bytes(TOKEN)).paste.kind).toBe('jws')
    expect(readBytes(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0xff)).paste).toMatchObject({ kind: 'binary' })
    const damaged = bytes(`Authorization: Bearer ${TOKEN} caf?`)
    damaged[damaged.length - 1] = 0xe9
    expect(readBytes(damaged).paste.tokens).toHaveLength(1)
    expect(readBytes(damaged).paste.notes[0]).toMatch(`not UTF-8 at byte ${damaged.length - 1}`)
    expect(readBytes(Buffer.from(`\ufeff${TOKEN}`, 'utf16le')).paste.notes[0]).toMatch('UTF-16')
  })
})
