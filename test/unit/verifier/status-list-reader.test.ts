import { describe, expect, it } from 'vitest'
import { at, createListIssuer, listResponse, PREFIX, URI } from '../../support/list-issuer.ts'

describe('a list', () => {
  it('is fetched once, then answers from memory', async () => {
    const issuer = await createListIssuer()
    const reader = issuer.reader()
    expect(reader.now(at(0))).toBeUndefined()
    const statuses = await Promise.all([0, 1, 2, 3, 4].map((idx) => reader.read(at(idx))))
    expect(statuses).toEqual([0, 1, 2, 3, 0])
    expect([0, 1, 2, 3].map((idx) => reader.now(at(idx)))).toEqual([0, 1, 2, 3])
    expect(issuer.fetched).toEqual([URI])
    await reader.read(at(0, `${PREFIX}8`))
    expect(issuer.fetched).toEqual([URI, `${PREFIX}8`])
  })

  it('is fetched again in the background when its ttl is over, and believed until it expires', async () => {
    const issuer = await createListIssuer()
    const reader = issuer.reader()
    await reader.read(at(0))
    issuer.now += 14
    expect(reader.now(at(0))).toBe(0)
    expect(issuer.fetched.length).toBe(1)
    issuer.now += 1
    const status_list = await issuer.claim([0b01])
    issuer.answer = async (uri) => listResponse(await issuer.list({ sub: uri, status_list }))
    expect(reader.now(at(0))).toBe(0)
    await until(() => reader.now(at(0)) === 1)
    expect(issuer.fetched.length).toBe(2)
  })

  it('says nothing any more from the second on in which it expires', async () => {
    const issuer = await createListIssuer()
    const reader = issuer.reader()
    await reader.read(at(0))
    issuer.answer = () => new Response(null, { status: 503 })
    issuer.now += 59
    expect(reader.now(at(0))).toBe(0)
    issuer.now += 1
    expect(reader.now(at(0))).toBeUndefined()
    await expect(reader.read(at(0))).rejects.toMatchObject({ code: 'status.unavailable' })
  })

  it('is not replaced by an older one that some cache kept', async () => {
    const issuer = await createListIssuer()
    const reader = issuer.reader()
    const old = await issuer.list()
    issuer.now += 5
    const status_list = await issuer.claim([0b01])
    issuer.answer = async (uri) => listResponse(await issuer.list({ sub: uri, status_list }))
    expect(await reader.read(at(0))).toBe(1)
    issuer.answer = () => listResponse(old)
    issuer.now += 20
    expect(reader.now(at(0))).toBe(1)
    await until(() => issuer.fetched.length === 2)
    await settled()
    expect(reader.now(at(0))).toBe(1)
  })

  it('is asked for again at most once a second while it cannot be had', async () => {
    const issuer = await createListIssuer()
    const reader = issuer.reader()
    issuer.answer = () => {
      throw new TypeError('fetch failed')
    }
    for (let i = 0; i < 5; i++) await expect(reader.read(at(0))).rejects.toMatchObject({ code: 'status.unavailable' })
    expect(issuer.fetched.length).toBe(1)
    issuer.now += 1
    await expect(reader.read(at(0))).rejects.toMatchObject({ code: 'status.unavailable', retryAfterSeconds: 5 })
    expect(issuer.fetched.length).toBe(2)
  })

  it('is asked for as the draft says', async () => {
    const issuer = await createListIssuer()
    let asked: RequestInit = {}
    issuer.answer = async (uri, init) => {
      asked = init
      return listResponse(await issuer.list({ sub: uri }), {
        'content-type': 'Application/StatusList+JWT; charset=utf-8',
      })
    }
    await issuer.reader().read(at(0))
    expect(asked).toMatchObject({
      redirect: 'error',
      credentials: 'omit',
      headers: { accept: 'application/statuslist+jwt' },
    })
  })

  it('may do without ttl, and lie a little in the future where a tolerance says so', async () => {
    const issuer = await createListIssuer()
    issuer.answer = async (uri) => listResponse(await issuer.list({ sub: uri, ttl: undefined, iat: issuer.now + 3 }))
    await expect(issuer.reader().read(at(0))).rejects.toMatchObject({ code: 'status.unavailable' })
    expect(await issuer.reader({ clockToleranceSeconds: 5 }).read(at(0))).toBe(0)
  })

  it('is never believed for longer than an hour', async () => {
    const issuer = await createListIssuer()
    issuer.answer = async (uri) => listResponse(await issuer.list({ sub: uri, exp: issuer.now + 86_400 }))
    const reader = issuer.reader()
    await reader.read(at(0))
    issuer.answer = () => new Response(null, { status: 503 })
    issuer.now += 3599
    expect(reader.now(at(0))).toBe(0)
    issuer.now += 1
    expect(reader.now(at(0))).toBeUndefined()
  })

  it('leaves when there are too many, and can be had again', async () => {
    const issuer = await createListIssuer()
    const reader = issuer.reader()
    for (let i = 0; i <= 256; i++) await reader.read(at(0, `${PREFIX}${i}`))
    expect(reader.now(at(0, `${PREFIX}256`))).toBe(0)
    expect(reader.now(at(0, `${PREFIX}0`))).toBeUndefined()
    expect(await reader.read(at(0, `${PREFIX}0`))).toBe(0)
  })

  it('of the newest key is read as soon as that is published', async () => {
    const issuer = await createListIssuer()
    await issuer.issuer.rotate()
    expect(await issuer.reader().read(at(0))).toBe(0)
  })
})

const settled = () => new Promise((resolve) => setTimeout(resolve, 20))

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(holds()).toBe(true)
}
