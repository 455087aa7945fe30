/** My devices. */
import { describe, expect, it } from 'vitest'
import { COOKIE, httpParts } from '../../../support/http-parts.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

describe('/auth/sessions', () => {
  it('lists my sessions and marks the one that asks', async () => {
    const { ask, signIn, signInWithTokens } = await httpParts()
    const here = await signIn()
    const phone = await signInWithTokens()
    await signIn('bob')
    const { json } = await ask('GET', '/auth/sessions', { cookie: here.headers.cookie })
    expect((json.sessions as { id: string; current: boolean }[]).map(({ id, current }) => [id, current])).toEqual(
      expect.arrayContaining([
        [here.id, true],
        [phone.id, false],
      ]),
    )
    expect(json.sessions).toHaveLength(2)
    expect(JSON.stringify(json)).not.toMatch(/secret|hash/i)
    const page = await ask('GET', '/auth/sessions?limit=1', { cookie: here.headers.cookie })
    expect(page.json.cursor).toEqual(expect.any(String))
    for (const limit of ['0', '101', '-1', 'x', '1e1', '']) {
      expect((await ask('GET', `/auth/sessions?limit=${limit}`, { cookie: here.headers.cookie })).status, limit).toBe(
        400,
      )
    }
  })

  it('ends one of mine; expires the cookie only when it was this one', async () => {
    const { ask, signIn, signInWithTokens, live } = await httpParts()
    const here = await signIn()
    const phone = await signInWithTokens()
    const other = await ask('DELETE', `/auth/sessions/${phone.id}`, here.headers)
    expect([other.status, other.json.ended, other.cookies]).toEqual([200, 1, []])
    const own = await ask('DELETE', `/auth/sessions/${here.id}`, here.headers)
    expect(own.cookies[0]).toContain(`${COOKIE}=; `)
    expect(await live()).toHaveLength(0)
  })

  it("answers somebody else's session like one that does not exist", async () => {
    const { ask, signIn, live } = await httpParts()
    const [alice, mallory] = [await signIn('alice'), await signIn('mallory')]
    for (const [method, path] of [
      ['DELETE', `/auth/sessions/${alice.id}`],
      ['DELETE', '/auth/sessions/unknown'],
      ['DELETE', '/auth/sessions/__proto__'],
      ['POST', `/auth/sessions/${alice.id}/end`],
    ] as const) {
      const answer = await ask(method, path, mallory.headers)
      expect([answer.status, answer.json.code]).toEqual([404, 'session.missing'])
    }
    expect(await live()).toContain(alice.id)
  })

  it('ends all others and hands the caller a new cookie', async () => {
    const { ask, signIn, signInWithTokens, live } = await httpParts()
    const here = await signIn()
    await signInWithTokens()
    const answer = await ask('DELETE', '/auth/sessions?scope=others', here.headers)
    expect(answer.json).toMatchObject({ ended: 1, subject: 'alice', receipt: { offset: 1 } })
    const cookie = answer.cookies[0]?.split(';')[0] ?? ''
    expect(cookie).not.toBe(here.headers.cookie)
    expect((await ask('GET', '/auth/session', { cookie })).status).toBe(200)
    expect((await ask('GET', '/auth/session', { cookie: here.headers.cookie })).status).toBe(401)
    expect(await live()).toHaveLength(1)
  })

  it('hands a token client a new pair', async () => {
    const { ask, signInWithTokens } = await httpParts()
    const phone = await signInWithTokens()
    const answer = await ask('DELETE', '/auth/sessions?scope=others', phone.headers)
    expect(answer.json).toMatchObject({ token_type: 'Bearer', expires_in: 600, refresh_token: expect.any(String) })
    expect(answer.cookies).toEqual([])
  })

  it('ends all and expires the cookie', async () => {
    const { ask, signIn, live } = await httpParts()
    const here = await signIn()
    await signIn()
    const answer = await ask('DELETE', '/auth/sessions?scope=all', here.headers)
    expect(answer.cookies[0]).toContain(`${COOKIE}=; `)
    expect(await live()).toHaveLength(0)
  })

  it.each(['', '?scope=', '?scope=mine', '?scope=ALL'])('ends nothing for %j', async (query) => {
    const { ask, signIn, live } = await httpParts()
    const here = await signIn()
    expect((await ask('DELETE', `/auth/sessions${query}`, here.headers)).status).toBe(400)
    expect(await live()).toHaveLength(1)
  })

  it('takes plain forms too, and sends them on', async () => {
    const { ask, signIn, signInWithTokens, live } = await httpParts()
    const here = await signIn()
    const phone = await signInWithTokens()
    const one = await ask('POST', `/auth/sessions/${phone.id}/end`, {
      ...here.headers,
      ...FORM,
      body: 'return_to=/devices',
    })
    expect([one.status, one.headers.get('location')]).toEqual([303, '/devices'])
    const others = await ask('POST', '/auth/sessions/end', {
      ...here.headers,
      ...FORM,
      body: 'scope=others&return_to=/devices',
    })
    expect([others.status, others.headers.get('location')]).toEqual([303, '/auth/cookie-check?return_to=%2Fdevices'])
    const cookie = others.cookies[0]?.split(';')[0] ?? ''
    const all = await ask('POST', '/auth/sessions/end', {
      ...here.headers,
      cookie,
      ...FORM,
      body: 'scope=all&return_to=//evil.test',
    })
    expect([all.status, all.headers.get('location'), (await live()).length]).toEqual([303, '/', 0])
  })

  it('needs somebody who asks', async () => {
    const { ask } = await httpParts()
    for (const [method, path] of [
      ['GET', '/auth/sessions'],
      ['DELETE', '/auth/sessions?scope=all'],
      ['DELETE', '/auth/sessions/x'],
      ['POST', '/auth/sessions/end'],
      ['POST', '/auth/sessions/x/end'],
    ] as const) {
      expect((await ask(method, path)).json.code, path).toBe('credentials.missing')
    }
  })
})

describe('GET /auth/cookie-check', () => {
  it('goes on when the cookie came back', async () => {
    const { ask } = await httpParts()
    const cookie = `${COOKIE}=v`
    const on = await ask('GET', '/auth/cookie-check?return_to=%2Fdevices', { cookie })
    expect([on.status, on.headers.get('location')]).toEqual([303, '/devices'])
    const evil = await ask('GET', '/auth/cookie-check?return_to=%2F%2Fevil.test', { cookie })
    expect(evil.headers.get('location')).toBe('/')
    expect((await ask('GET', '/auth/cookie-check', { cookie })).status).toBe(204)
  })

  it('says what to do when it did not', async () => {
    const { ask } = await httpParts()
    const answer = await ask('GET', '/auth/cookie-check?return_to=%2Fdevices', { cookie: 'a=b' })
    expect([answer.status, answer.json.code]).toEqual([400, 'session.cookie_not_kept'])
    expect(answer.json.detail).toMatch(/allow cookies/)
  })
})
