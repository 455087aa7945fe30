/** The examples' READMEs: short, and about files and variables that are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../support/source-files.ts'

const examples = readdirSync(join(root, 'examples'))

describe.each(examples)('examples/%s', (name) => {
  const readme = readFileSync(join(root, 'examples', name, 'README.md'), 'utf8')
  const commands = [...readme.matchAll(/^(.*)\bnode (examples\/\S+\.ts)/gm)]

  it('has a README of a few lines, whose commands start what is there', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(15)
    expect(commands.length).toBeGreaterThan(0)
    expect(commands.filter(([, , file = '']) => !existsSync(join(root, file)))).toEqual([])
  })

  it('sets the variables that its programs read', () => {
    const block = /^```sh\n(.*?)^```/ms.exec(readme)?.[1] ?? ''
    const set = [...block.matchAll(/\b([A-Z]+)=/g)].map(([, variable = '']) => variable)
    const source = commands.map(([, , file = '']) => readFileSync(join(root, file), 'utf8')).join('\n')
    const demanded = [...source.matchAll(/\{ [^}]*\} = process\.env/g)].join(' ')
    expect(set.length).toBeGreaterThan(0)
    expect(set.filter((variable) => !demanded.includes(variable))).toEqual([])
    for (const variable of ['SECRET', 'PASSWORD']) if (source.includes(`!${variable}`)) expect(set).toContain(variable)
  })

  it('is started by a test', () => {
    const test = readFileSync(join(root, `test/flow/example-${name}.test.ts`), 'utf8')
    expect(commands.filter(([, , file = '']) => !test.includes(file.slice('examples/'.length)))).toEqual([])
  })
})
