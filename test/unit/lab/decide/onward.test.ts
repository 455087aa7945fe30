/** From a recommendation to the screens that show it at work. */
import { expect, it } from 'vitest'
import { DEFAULTS } from '../../../../web/lab/decide/answers.ts'
import { decide } from '../../../../web/lab/decide/decide.ts'
import { SHAPE as ATTACK } from '../../../../web/lab/screens/attack/settings.ts'
import { SHAPE as COMPARE } from '../../../../web/lab/screens/compare/settings.ts'
import { comparisonOf, exerciseOf } from '../../../../web/lab/screens/decide/onward.ts'
import { readSettings, settingsWith } from '../../../../web/lab/shell/settings.ts'
import { PERSONAS } from './personas.ts'

it.each(PERSONAS.map(({ name, answers }) => [name, decide({ ...DEFAULTS, ...answers })] as const))(
  '%s: links that both screens read as they were meant',
  (_name, decision) => {
    const wanted = comparisonOf(decision)
    expect(readSettings(COMPARE, settingsWith(COMPARE, wanted))).toMatchObject(wanted)
    expect(new Set([wanted.one, wanted.two, wanted.three]).size).toBe(3)
    const exercise = exerciseOf(decision)
    expect(readSettings(ATTACK, settingsWith(ATTACK, { exercise }))).toEqual({ exercise })
  },
)

it('puts what is recommended first, with what one would have taken beside it', () => {
  const pages = decide(DEFAULTS)
  expect(comparisonOf(pages)).toMatchObject({ one: 'sojourn-cookie', two: 'jwt', three: 'cookie' })
  expect(exerciseOf(pages)).toBe('forged-request')
  const phones = decide({ ...DEFAULTS, q1: ['pages', 'mobile'], q8: 'check' })
  expect(comparisonOf(phones)).toMatchObject({ one: 'sojourn-cookie', two: 'sojourn-token', life: 10 })
  expect(exerciseOf(phones)).toBe('refresh-reuse')
})
