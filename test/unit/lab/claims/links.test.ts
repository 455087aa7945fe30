/** Each card leads to a screen that there is, with settings that the screen reads as they were meant. */
import { describe, expect, it } from 'vitest'
import { QUESTIONS as ANSWERED } from '../../../../scripts/comparison/questions.ts'
import { CARDS } from '../../../../web/lab/claims/cards.ts'
import { SHAPES } from '../../../../web/lab/claims/to.ts'
import { QUESTIONS } from '../../../../web/lab/screens/start/questions.ts'
import { SCREENS } from '../../../../web/lab/shell/screens.ts'
import { readSettings, type SettingsOf, type Shape, writeSettings } from '../../../../web/lab/shell/settings.ts'

const shapes: Readonly<Record<string, Shape>> = SHAPES
/** They have nothing to set. */
const PLAIN = ['mint', 'proof']

describe('the links of the cards', () => {
  it.each(Object.entries(CARDS))('%s leads to a screen of the registry', (_id, { screen }) => {
    expect(SCREENS.map(({ name }) => name)).toContain(screen)
  })

  it.each(Object.entries(CARDS))('%s has settings that are read back unchanged', (_id, { screen, settings = '' }) => {
    const shape = shapes[screen]
    if (!shape) {
      expect(PLAIN).toContain(screen)
      expect(settings).toBe('')
      return
    }
    expect(settings).toMatch(/^v=1&/)
    const read: SettingsOf<Shape> = readSettings(shape, settings)
    expect(writeSettings(shape, read)).toBe(settings)
    const given = new URLSearchParams(settings)
    given.delete('v')
    for (const [name, text] of given) expect(shape[name]?.write(read[name]), name).toBe(text)
  })
})

describe('the questions of the Start screen', () => {
  it.each(QUESTIONS)('“%s” leads to %s, with settings that it has: %s', (_question, screen, settings) => {
    const shape = shapes[screen]
    expect(shape).toBeDefined()
    if (shape) expect(writeSettings(shape, readSettings(shape, settings))).toBe(settings)
  })

  it('are those that the comparison page answers', () => {
    expect(QUESTIONS.map(([question]) => question).sort()).toEqual(ANSWERED.map(({ question }) => question).sort())
  })
})
