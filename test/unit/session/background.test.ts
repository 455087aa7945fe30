import { describe, expect, it } from 'vitest'
import { createBackground } from '../../../src/session/background.ts'
import { createManualTime } from '../../support/manual-timers.ts'

describe('background work', () => {
  it('is coalesced by key and runs in order', async () => {
    const ran: string[] = []
    const background = createBackground(() => undefined, 0)
    for (const key of ['a', 'b', 'a']) background.soon(key, 'work', async () => void ran.push(key))
    expect(ran).toEqual([])
    await background.drain()
    expect(ran).toEqual(['a', 'b'])
    background.soon('a', 'work', async () => void ran.push('again'))
    await background.drain()
    expect(ran).toEqual(['a', 'b', 'again'])
  })

  it('reports failures and goes on', async () => {
    const reports: string[] = []
    const background = createBackground((error, work) => reports.push(`${work}: ${String(error)}`), 0)
    background.soon('a', 'first', () => Promise.reject(new Error('down')))
    background.soon('b', 'second', async () => void reports.push('ran'))
    await background.drain()
    expect(reports).toEqual(['first: Error: down', 'ran'])
  })

  it('runs what is waiting when closed, and takes nothing more', async () => {
    const ran: string[] = []
    const background = createBackground(() => undefined, 10_000)
    background.soon('a', 'work', async () => void ran.push('a'))
    await background.close()
    background.soon('b', 'work', async () => void ran.push('b'))
    await background.drain()
    expect(ran).toEqual(['a'])
  })

  it('waits by the timers that it is given', async () => {
    const time = createManualTime()
    const ran: string[] = []
    const background = createBackground(() => undefined, 20, time.timers)
    background.soon('a', 'work', async () => void ran.push('a'))
    await time.pass(19)
    expect(ran).toEqual([])
    await time.pass(1)
    expect(ran).toEqual(['a'])
  })
})
