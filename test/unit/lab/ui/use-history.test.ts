import { describe, expect, it } from 'vitest'
import { newHistory, record, redone, undone, wayOf } from '../../../../web/lab/ui/use-history.ts'

describe('the steps of an editor', () => {
  it('are taken back and done again', () => {
    const two = record(record(newHistory('a'), 'ab', null), 'abc', null)
    const back = undone(undone(two))
    expect([back.value, undone(back), redone(redone(back)).value]).toEqual(['a', back, 'abc'])
    expect(redone(two)).toBe(two)
  })

  it('are one for what is typed in one go, another after a pause or a button', () => {
    const typed = record(record(newHistory(''), 'a', 0), 'ab', 500)
    expect(typed.past).toEqual([''])
    expect(record(typed, 'abc', 1_600).past).toEqual(['', 'ab'])
    const pressed = record(typed, 'sample', null)
    expect([pressed.past, record(pressed, 'sample!', 600).past]).toEqual([
      ['', 'ab'],
      ['', 'ab', 'sample'],
    ])
  })

  it('are gone forward when something else is done; nothing new is no step', () => {
    const back = undone(record(newHistory('a'), 'b', null))
    expect(record(back, 'c', null).future).toEqual([])
    expect(record(back, 'a', null)).toBe(back)
  })

  it('are fifty at most', () => {
    let history = newHistory(0)
    for (let i = 1; i <= 80; i++) history = record(history, i, null)
    expect([history.past.length, history.past[0]]).toEqual([50, 30])
  })

  it.each([
    [{ key: 'z', ctrlKey: true }, 'undo'],
    [{ key: 'Z', metaKey: true, shiftKey: true }, 'redo'],
    [{ key: 'y', ctrlKey: true }, 'redo'],
    [{ key: 'z' }, null],
    [{ key: 'z', ctrlKey: true, altKey: true }, null],
    [{ key: 'a', ctrlKey: true }, null],
  ])('have their keys: %j', (pressed, way) => {
    expect(wayOf({ ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...pressed })).toBe(way)
  })
})
