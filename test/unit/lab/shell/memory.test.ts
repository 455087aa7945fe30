/** What is in hand is wiped: on demand, after fifteen idle minutes, when the page is left. Keys; preferences. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHand } from '../../../../web/lab/shell/hand.ts'
import { watchIdleness } from '../../../../web/lab/shell/idle.ts'
import { listenToKeys } from '../../../../web/lab/shell/keys.ts'
import { createPreferences } from '../../../../web/lab/shell/preferences.ts'

const MINUTE = 60_000

/** As much of a window as these need. */
function fakePage() {
  const target = new EventTarget()
  return Object.assign(target, {
    setTimeout: (run: () => void, ms: number) => setTimeout(run, ms),
    clearTimeout: (id: number) => clearTimeout(id),
    document: { querySelector: () => null },
  }) as unknown as Window & typeof globalThis
}

describe('what is in hand', () => {
  it('is taken once', () => {
    const hand = createHand()
    hand.offer('token', 'abc')
    expect([hand.take('cookie'), hand.take('token'), hand.take('token')]).toEqual([null, 'abc', null])
  })

  it('is forgotten, and screens are told', () => {
    const hand = createHand()
    hand.offer('token', 'abc')
    hand.forget()
    expect([hand.take('token'), hand.wiped.value]).toEqual([null, 1])
  })
})

describe('idleness', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const watched = () => {
    const page = fakePage()
    const [forget, warn] = [vi.fn(), vi.fn()]
    watchIdleness(page, { forget, warn })
    return { page, forget, warn }
  }

  it('warns after fourteen minutes and forgets after fifteen', () => {
    const { forget, warn } = watched()
    vi.advanceTimersByTime(14 * MINUTE)
    expect([warn.mock.calls.length, forget.mock.calls.length]).toEqual([1, 0])
    vi.advanceTimersByTime(MINUTE)
    expect(forget).toHaveBeenCalledTimes(1)
  })

  it.each(['keydown', 'pointerdown', 'paste', 'drop'])('begins anew with %s', (kind) => {
    const { page, forget } = watched()
    vi.advanceTimersByTime(14.9 * MINUTE)
    page.dispatchEvent(new Event(kind))
    vi.advanceTimersByTime(14.9 * MINUTE)
    expect(forget).not.toHaveBeenCalled()
  })

  it('does not wait for it when the page is left', () => {
    const { page, forget } = watched()
    page.dispatchEvent(new Event('pagehide'))
    expect(forget).toHaveBeenCalledTimes(1)
  })
})

describe('keys', () => {
  class FakeElement extends EventTarget {
    tagName = 'DIV'
    isContentEditable = false
  }
  beforeEach(() => void vi.stubGlobal('HTMLElement', FakeElement))
  afterEach(() => void vi.unstubAllGlobals())

  const listening = (lettersWork = true) => {
    const page = fakePage()
    const told: string[] = []
    const screens = [
      { name: 'proof', title: 'Proof', letter: 'p', load: () => Promise.reject(new Error('not asked')) },
    ] as const
    const end = listenToKeys(page, {
      screens,
      lettersWork: () => lettersWork,
      go: ({ name }) => void told.push(`go ${name}`),
      help: () => void told.push('help'),
      forget: () => void told.push('forget'),
    })
    const press = (key: string, more: object = {}) => {
      const event = Object.assign(new Event('keydown', { cancelable: true }), { key, ...more })
      page.dispatchEvent(event)
      return event.defaultPrevented
    }
    return { told, press, end }
  }

  it('go to a screen by g and its letter, and only then', () => {
    const { told, press, end } = listening()
    press('p')
    press('g')
    press('p')
    press('p')
    press('?')
    expect(told).toEqual(['go proof', 'help'])
    end()
    press('?')
    expect(told).toHaveLength(2)
  })

  it('are nothing but text when single letters are switched off; Ctrl+Backspace still forgets', () => {
    const { told, press } = listening(false)
    press('g')
    press('p')
    press('?')
    expect(told).toEqual([])
    expect(press('Backspace', { ctrlKey: true })).toBe(true)
    expect(told).toEqual(['forget'])
  })

  it('leave the browser its own', () => {
    const { told, press } = listening()
    expect([press('c', { ctrlKey: true }), press('g', { altKey: true }), press('x')]).toEqual([false, false, false])
    expect(told).toEqual([])
  })
})

describe('preferences', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it.each([
    ['nothing', null],
    ['no JSON', '{'],
    ['something else', '{"theme":"<script>","letters":"yes"}'],
    ['a list', '[1]'],
  ])('are those of the first visit when %s is kept', (_, kept) => {
    const written: string[] = []
    vi.stubGlobal('localStorage', {
      getItem: () => kept,
      setItem: (name: string, text: string) => written.push(name, text),
    })
    const { theme, letters } = createPreferences({ dataset: {} } as unknown as HTMLElement)
    expect([theme.value, letters.value]).toEqual(['system', true])
    theme.value = 'dark'
    expect(written.slice(-2)).toEqual(['sojourn-lab', '{"theme":"dark","letters":true}'])
  })

  it('live in memory where nothing can be kept', () => {
    const refuse = () => {
      throw new Error('private')
    }
    vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse })
    const { theme } = createPreferences({ dataset: {} } as unknown as HTMLElement)
    theme.value = 'light'
    expect(theme.value).toBe('light')
  })
})
