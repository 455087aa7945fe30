/** A deadline around a store's calls, on real timers: an answer in time, none at all, one that comes too late. */
import { access } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { withDeadline } from '../../src/deadline.ts'
import { AuthError } from '../../src/errors.ts'

function setUp(seconds = 0.05) {
  const ended: [string, unknown][] = []
  const inner = {
    durability: 'D1',
    held: 1,
    async find(id: string) {
      return `${id} ${this.held}`
    },
    fail: async () => {
      throw new AuthError('store.unavailable', 'the disk is full')
    },
    hang: () => new Promise<string>(() => undefined),
    later: (ms: number) => sleep(ms, 'late'),
    async read() {
      await access('.')
      return 'read'
    },
    deleteExpired: () => sleep(150, 3),
    watch: (wake: () => void) => wake,
  }
  const port = withDeadline(inner, 'rows', { seconds, onEnd: (method, error) => void ended.push([method, error]) })
  return { inner, port, ended }
}

describe('a call with a deadline', () => {
  it('is passed on as it is, with its answer and its failure', async () => {
    const { port, ended } = setUp()
    expect(await port.find('a')).toBe('a 1')
    await expect(port.fail()).rejects.toMatchObject({ message: 'the disk is full' })
    expect(ended).toEqual([
      ['rows.find', undefined],
      ['rows.fail', expect.any(AuthError)],
    ])
    expect(port.durability).toBe('D1')
    const wake = () => undefined
    expect(port.watch(wake)).toBe(wake)
  })

  it('is given up when it is never answered, and told once', async () => {
    const { port, ended } = setUp()
    await expect(port.hang()).rejects.toMatchObject({ code: 'store.unavailable', message: 'the store does not answer' })
    await expect(port.later(200)).rejects.toMatchObject({ code: 'store.unavailable' })
    await sleep(250)
    expect(ended.map(([method]) => method)).toEqual(['rows.hang', 'rows.later'])
  })

  it('lets housekeeping take longer', async () => {
    expect(await setUp().port.deleteExpired()).toBe(3)
  })

  it('takes in an answer that came while the process stood still', async () => {
    const { port } = setUp()
    const answer = port.read()
    // Longer than the deadline: its timer is due before the event loop looks at what has come in.
    const until = performance.now() + 120
    while (performance.now() < until);
    expect(await answer).toBe('read')
  })

  it('is given once: a port that has a deadline keeps it', () => {
    const { port } = setUp()
    expect(withDeadline(port, 'again', { seconds: 600 })).toBe(port)
    for (const seconds of [0, -1, Number.NaN, 601]) {
      expect(() => withDeadline({}, 'rows', { seconds })).toThrow(TypeError)
    }
  })
})
