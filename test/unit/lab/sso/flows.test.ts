/** The SSO screen's arrangements: what is claimed of each really happens, request by request. */
import { describe, expect, it } from 'vitest'
import { runSso, type SsoRun } from '../../../../web/lab/sso/run.ts'
import { FLOWS, type SsoSettings } from '../../../../web/lab/sso/settings.ts'

const PLAIN: SsoSettings = { flow: 'redirect', stateCookie: 'lax', delayOneSeconds: 2, delayTwoSeconds: 30 }
const run = (change: Partial<SsoSettings> = {}) => runSso({ ...PLAIN, ...change })

/** `from>to text`, where the text begins like this. */
const asks = ({ arrows }: SsoRun, begin: string) =>
  arrows.filter(({ kind, from, to, text }) => kind === 'ask' && `${from}>${to} ${text}`.startsWith(begin))
const codes = ({ arrows }: SsoRun) => arrows.flatMap(({ code }) => (code === null ? [] : [code]))
const figure = ({ figures }: SsoRun, name: RegExp) => figures.find((one) => name.test(one.name))?.value

it('a redirect signs in to two unrelated sites with one password, and no cookie goes to another site', async () => {
  const all = await run()
  expect(all.works).toBe(true)
  expect(figure(all, /passwords/)).toBe(1)
  expect(asks(all, 'browser>hub POST /sign-in')).toHaveLength(1)
  // The second time the provider knows her by its own cookie.
  const [, , second] = asks(all, 'browser>hub GET /authorize')
  expect(second?.cookies).toMatchObject([{ name: '__Host-Http-sid', host: 'id.test', what: 'carried' }])
  const hosts = { one: 'one.test', two: 'two.test', hub: 'id.test' } as Record<string, string>
  for (const { kind, from, to, cookies } of all.arrows) {
    if (kind !== 'ask') continue
    for (const { host, what } of cookies) if (what === 'carried') expect(host).toBe(hosts[to])
    if (from !== 'browser') expect(cookies).toEqual([])
  }
  // The code is redeemed by the applications, never by the browser.
  expect(asks(all, 'one>hub POST /token')).toHaveLength(1)
  expect(asks(all, 'two>hub POST /token')).toHaveLength(1)
  expect(asks(all, 'browser>hub POST /token')).toEqual([])
})

it.each([
  [2, 30],
  [0, 0],
  [45, 5],
])(
  'a logout at the provider ends each application after its own delay (%i s, %i s)',
  async (delayOneSeconds, delayTwoSeconds) => {
    const all = await run({ delayOneSeconds, delayTwoSeconds })
    expect(figure(all, /app-one/)).toBe(delayOneSeconds)
    expect(figure(all, /app-two/)).toBe(delayTwoSeconds)
    expect(codes(all)).toEqual(['session.ended', 'session.ended'])
    // Where there is a delay, it lets her in until just before.
    const let_in = all.arrows.filter(({ text }) => text === '200 the settings of alice')
    expect(let_in).toHaveLength([delayOneSeconds, delayTwoSeconds].filter((delay) => delay > 0).length)
  },
)

describe('form_post', () => {
  const callback = (all: SsoRun) => asks(all, 'browser>one POST /callback')[0]?.cookies

  it('loses a Lax state cookie, and nobody is signed in', async () => {
    const all = await run({ flow: 'form_post', stateCookie: 'lax' })
    expect(all.works).toBe(false)
    expect(callback(all)).toMatchObject([
      { name: '__Host-Http-sso', what: 'withheld', why: expect.stringMatching(/SameSite=Lax/) },
    ])
    expect(codes(all)).toEqual(['sso.state'])
    expect(asks(all, 'one>hub POST /token')).toEqual([])
    expect(all.parties).not.toContain('two')
  })

  it('brings back a None one', async () => {
    const all = await run({ flow: 'form_post', stateCookie: 'none' })
    expect(all.works).toBe(true)
    expect(callback(all)).toMatchObject([{ name: '__Host-Http-sso', what: 'carried' }])
  })

  it('works with a Lax one where the form is put aside and fetched by a redirect, as the product does', async () => {
    const all = await run({ flow: 'form_post', stateCookie: 'aside' })
    expect(all.works).toBe(true)
    expect(callback(all)).toMatchObject([{ name: '__Host-Http-sso', what: 'withheld' }])
    expect(asks(all, 'browser>one GET /callback')[0]?.cookies).toMatchObject([
      { name: '__Host-Http-sso', what: 'carried' },
    ])
  })
})

it("a sibling's form carries the Lax cookie, and the CSRF check refuses it", async () => {
  const all = await run({ flow: 'sibling' })
  expect(all.works).toBe(true)
  const [forged] = asks(all, 'browser>one POST /sign-out')
  expect(forged?.cookies).toContainEqual({ name: '__Host-Http-sid', host: 'one.test', what: 'carried', why: null })
  expect(codes(all)).toEqual(['csrf.cross_site', 'session.ended', 'session.ended'])
  // What belongs to app-one does not go to its sibling.
  for (const { cookies } of asks(all, 'browser>two '))
    for (const { host, what } of cookies) expect(what).toBe(host === 'two.one.test' ? 'carried' : 'withheld')
})

it('behind a BFF the page never sees a token, and the token ends with the session', async () => {
  const all = await run({ flow: 'bff' })
  expect(all.works).toBe(true)
  expect(asks(all, 'browser>api')).toEqual([])
  expect(asks(all, 'one>api')).toHaveLength(2)
  expect(codes(all)).toEqual(['credentials.missing', 'token.revoked'])
  expect(figure(all, /tokens/)).toBe(0)
})

it('a phone redeems its code with the verifier only, and sends no cookie', async () => {
  const all = await run({ flow: 'mobile' })
  expect(all.works).toBe(true)
  expect(codes(all)).toEqual(['invalid_grant', 'token.revoked'])
  expect(figure(all, /passwords/)).toBe(1)
  for (const { cookies } of asks(all, 'phone>')) expect(cookies).toEqual([])
})

it('the bridge makes a token for one audience that ends with the session', async () => {
  const all = await run({ flow: 'bridge' })
  expect(all.works).toBe(true)
  expect(codes(all)).toEqual(['token.key_unknown', 'token.revoked'])
  expect(figure(all, /life/)).toBe(300)
  for (const { cookies } of asks(all, 'browser>api')) expect(cookies).toEqual([])
})

it.each(FLOWS)('%s: plain data, the same every time, without a secret', async (flow) => {
  const all = await run({ flow })
  expect(JSON.parse(JSON.stringify(all))).toEqual(all)
  expect(await run({ flow })).toEqual(all)
  expect(JSON.stringify(all)).not.toMatch(/eyJ|[A-Za-z0-9_-]{22,}/)
  for (const { from, to } of all.arrows) expect(all.parties).toEqual(expect.arrayContaining([from, to]))
})
