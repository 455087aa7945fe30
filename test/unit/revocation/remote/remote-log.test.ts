import { describe, expect, it } from 'vitest'
import { randomId } from '../../../../src/crypto/random.ts'
import { AuthError } from '../../../../src/errors.ts'
import type { JsonObject } from '../../../../src/json.ts'
import { createRemoteLog, type Post } from '../../../../src/revocation/remote/remote-log.ts'
import { codeOfAsync } from '../../../support/codes.ts'
import { settled } from '../../../support/manual-timers.ts'

const ID = `${randomId()}.12000`
const entry = (offset: number) => ({ offset, event: { kind: 'token', tokenId: randomId(), until: 2_000_000_000 } })

/** A server that answers as the test says. */
function setUp() {
  const sent: JsonObject[] = []
  const left: JsonObject[] = []
  let wake = (): void => undefined
  let answer: (body: JsonObject) => JsonObject | Promise<JsonObject> = () => ({})
  const log = { incarnation: 'one', head: 0, settled: true }
  const post: Post = async (path, body, { signal }) => {
    if (path === 'leave') {
      left.push(body)
      return {}
    }
    sent.push(body)
    const aborted = new Promise<never>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new AuthError('store.unavailable', 'given up')))
    })
    const whole = { nonce: body.nonce ?? null, member: 'm', first_retained: 1, entries: [], ...log }
    return Promise.race([(async () => ({ ...whole, ...(await answer(body)) }))(), aborted])
  }
  const remote = createRemoteLog({
    post,
    holdMs: 1500,
    listen(told) {
      wake = told
      return () => undefined
    },
  })
  return {
    remote,
    sent,
    left,
    log,
    wake: () => wake(),
    answers(next: typeof answer) {
      answer = next
    },
    last: () => ({ ...sent.at(-1), nonce: undefined }),
  }
}

describe('a log over HTTP', () => {
  it('joins without a history or a wait, then renews with both', async () => {
    const { remote, last } = setUp()
    expect(await remote.renew(ID)).toMatchObject({ incarnation: 'one', head: 0, firstRetained: 1, settled: true })
    expect(last()).toEqual({ id: ID, incarnation: null, applied: 0, wait_ms: 0 })
    await remote.renew(ID)
    expect(last()).toEqual({ id: ID, incarnation: 'one', applied: 0, wait_ms: 1500 })
    expect(remote.member).toBe('m')
    const other = `${randomId()}.12000`
    await remote.renew(other)
    expect(last()).toEqual({ id: other, incarnation: null, applied: 0, wait_ms: 0 })
  })

  it('takes only the answer that bears its own nonce', async () => {
    const { remote, answers, sent } = setUp()
    await remote.renew(ID)
    const former = sent[0]?.nonce ?? null
    answers(() => ({ nonce: former }))
    expect(await codeOfAsync(() => remote.renew(ID))).toBe('store.corrupt')
    expect(new Set(sent.map(({ nonce }) => nonce)).size).toBe(sent.length)
  })

  it('hands out what a renewal brought, once, and asks again for what comes later', async () => {
    const { remote, answers, sent, log, wake } = setUp()
    await remote.renew(ID)
    expect(await remote.readAfter(0, 500)).toEqual([])
    log.head = 2
    answers(() => ({ entries: [entry(1), entry(2)] }))
    await remote.renew(ID)
    const asked = sent.length
    expect((await remote.readAfter(0, 500)).map(({ offset }) => offset)).toEqual([1, 2])
    expect(sent.length).toBe(asked)
    answers(() => ({}))
    expect(await remote.readAfter(2, 500)).toEqual([])
    expect(sent.at(-1)).toMatchObject({ id: ID, incarnation: 'one', applied: 2, wait_ms: 0 })
    // Nothing new: what the renewal says is enough, but not after news.
    await remote.ack(ID, 2)
    await remote.renew(ID)
    const before = sent.length
    expect(await remote.readAfter(2, 500)).toEqual([])
    expect(sent.length).toBe(before)
    remote.watch(() => undefined)
    await remote.renew(ID)
    wake()
    await remote.readAfter(2, 500)
    expect(sent.length).toBe(before + 2)
  })

  it('acknowledges nothing that was not handed out in this very history', async () => {
    const { remote, answers, log, sent } = setUp()
    await remote.renew(ID)
    log.head = 3
    answers(() => ({ entries: [entry(1), entry(2), entry(3)] }))
    await remote.readAfter(0, 500)
    answers(() => ({}))
    await remote.ack(ID, 3)
    expect(sent.at(-1)).toMatchObject({ incarnation: 'one', applied: 3 })
    // The log becomes another one. Whoever still speaks of the former must not be heard.
    log.incarnation = 'two'
    await remote.renew(ID)
    const asked = sent.length
    expect(await codeOfAsync(() => remote.ack(ID, 3))).toBe('store.unavailable')
    expect(await codeOfAsync(() => remote.readAfter(3, 500))).toBe('store.unavailable')
    expect(sent.length).toBe(asked)
    await remote.readAfter(0, 500)
    expect(sent.at(-1)).toMatchObject({ incarnation: 'two', applied: 0 })
  })

  it('acknowledges with a renewal what has been acknowledged before, and not what was merely handed out', async () => {
    const { remote, answers, log, last } = setUp()
    await remote.renew(ID)
    log.head = 2
    answers(() => ({ entries: [entry(1), entry(2)] }))
    await remote.readAfter(0, 500)
    // Whoever has it may be about to apply it, or have failed to.
    await remote.renew(ID)
    expect(last()).toMatchObject({ applied: 0 })
    answers(() => ({}))
    await remote.ack(ID, 2)
    await remote.renew(ID)
    expect(last()).toMatchObject({ applied: 2 })
  })

  it('says so when an acknowledgement went to another history', async () => {
    const { remote, answers, log } = setUp()
    await remote.renew(ID)
    log.head = 1
    answers(() => ({ entries: [entry(1)] }))
    await remote.readAfter(0, 500)
    answers(() => ({}))
    log.incarnation = 'two'
    expect(await codeOfAsync(() => remote.ack(ID, 1))).toBe('store.unavailable')
  })

  it('leaves when nothing is under way any more that would register it again', async () => {
    const { remote, answers, left } = setUp()
    await remote.renew(ID)
    answers(() => new Promise(() => undefined))
    const held = codeOfAsync(() => remote.renew(ID))
    await settled()
    await remote.leave(ID)
    expect(await held).toBe('store.unavailable')
    expect(left).toEqual([{ id: ID }])
    expect(await codeOfAsync(() => remote.readAfter(0, 500))).toBe('store.unavailable')
    expect(await codeOfAsync(() => remote.ack(ID, 0))).toBe('store.unavailable')
  })

  it('looks where the log ends, of this history and when it is settled', async () => {
    const { remote, log, last } = setUp()
    expect(await codeOfAsync(() => remote.head())).toBe('store.unavailable')
    await remote.renew(ID)
    log.head = 7
    expect(await remote.head()).toBe(7)
    expect(last()).toEqual({ id: null, incarnation: 'one', applied: 0, wait_ms: 0 })
    log.settled = false
    expect(await codeOfAsync(() => remote.head())).toBe('store.unavailable')
    log.settled = true
    log.incarnation = 'two'
    expect(await codeOfAsync(() => remote.head())).toBe('store.unavailable')
  })
})
