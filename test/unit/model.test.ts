/** The models of the protocol: every rule is taken out once, and the published figures belong to the models as they are. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CONFIGURATIONS } from '../../scripts/model/configurations.ts'
import { digestOf, isOf, modelFile, PAGE_FILE, readResults, withTables } from '../../scripts/model/results.ts'
import { readSearch } from '../../scripts/model/spin.ts'

const models = [...new Set(CONFIGURATIONS.map(({ model }) => model))]

describe('npm run model', () => {
  it('knows every model', () => {
    const files = readdirSync(`${import.meta.dirname}/../../model`).filter((name) => name.endsWith('.pml'))
    expect(models.map((model) => `${model}.pml`).toSorted()).toEqual(files.toSorted())
  })

  it.each(models)('takes every rule of %s out once, expecting a counter-example', (model) => {
    const switches = new Set(readFileSync(modelFile(model), 'utf8').match(/(?<=ifn?def )NO_(?!CRASH\b)\w+/g))
    const wrong = CONFIGURATIONS.filter((one) => one.model === model && one.expected !== 'holds')
    expect(switches.size).toBeGreaterThan(3)
    const taken = new Set(wrong.flatMap(({ defines }) => defines))
    expect([...switches].filter((name) => !taken.has(name))).toEqual([])
  })

  it.each(models)('checks %s with all of its rules', (model) => {
    const whole = CONFIGURATIONS.filter((one) => one.model === model && one.expected === 'holds' && !one.isLarge)
    expect(whole.some(({ defines }) => defines.every((name) => !/^NO_(?!CRASH$)/.test(name)))).toBe(true)
  })
})

describe('docs/model.md', () => {
  const kept = readResults()

  it('has the figures of every configuration that CI runs, as expected', () => {
    for (const configuration of CONFIGURATIONS) {
      const result = kept.results.find((one) => isOf(one, configuration))
      if (!result && configuration.isLarge) continue
      expect(result?.outcome, `${configuration.model}: ${configuration.title}`).toBe(configuration.expected)
    }
  })

  it('has them of the models as they are: else `npm run model -- --large --write`', () => {
    for (const { model, title, sha256 } of kept.results) expect(sha256, `${model}: ${title}`).toBe(digestOf(model))
  })

  it('shows them', () => {
    const page = readFileSync(PAGE_FILE, 'utf8')
    expect(page).toBe(withTables(page, kept))
    expect(page.match(/\| (\*\*holds\*\*|assertion violated|invalid end state|acceptance cycle) \|/g)).toHaveLength(
      kept.results.length,
    )
  })
})

describe('the report of a search', () => {
  const report = (more: string, errors = 0): string =>
    `${more}\n(Spin Version 6.5.2 -- 6 December 2019)\n\nFull statespace search for:\n\n` +
    `State-vector 64 byte, depth reached 4212, errors: ${errors}\n  2147978 states, stored\n` +
    '5967787 states, matched\n1.0253431e+08 transitions (= stored+matched)\n'

  it('gives the figures of a complete one', () => {
    expect(readSearch(report(''))).toEqual({
      outcome: 'holds',
      states: 2_147_978,
      transitions: 102_534_310,
      depth: 4212,
    })
  })

  it.each([
    ['pan:1: assertion violated  !((returned&(1<<event))) (at depth 249)\npan: wrote x.trail', 'assertion violated'],
    ['pan:1: invalid end state (at depth 24)', 'invalid end state'],
    ['pan:1: acceptance cycle (at depth 60)', 'acceptance cycle'],
  ])('names the error: %s', (line, outcome) => {
    expect(readSearch(report(`${line}\nWarning: Search not completed`, 1)).outcome).toBe(outcome)
  })

  it.each([
    'error: max search depth too small',
    'pan: reached -DMEMLIM bound',
    'pan: out of memory',
    'Warning: Search not completed',
    'Interrupted',
  ])('says nothing after: %s', (line) => {
    expect(readSearch(report(line)).outcome).toBe('incomplete')
  })

  it('says nothing when it is cut short, or of another kind', () => {
    expect(readSearch('').outcome).toBe('incomplete')
    expect(readSearch(report('').slice(0, -60)).outcome).toBe('incomplete')
    expect(readSearch(report('').replace('Full statespace', 'Bit statespace')).outcome).toBe('incomplete')
    expect(readSearch(report('pan:1: something else', 1)).outcome).toBe('incomplete')
  })
})
