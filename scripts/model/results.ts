/** The figures that are kept with the models, and the tables of `docs/model.md` that are made of them. */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CONFIGURATIONS, type Configuration } from './configurations.ts'
import type { Run } from './spin.ts'

export interface Result {
  readonly model: string
  readonly title: string
  /** Separated by spaces. */
  readonly defines: string
  readonly outcome: string
  readonly states: number
  readonly transitions: number
  readonly depth: number
  /** Of the model file that was searched. */
  readonly sha256: string
}

export interface Results {
  readonly spin: string
  readonly cc: string
  readonly results: readonly Result[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
export const RESULTS_FILE = join(root, 'model/results.json')
export const PAGE_FILE = join(root, 'docs/model.md')

export function modelFile(model: string): string {
  return join(root, 'model', `${model}.pml`)
}

export function digestOf(model: string): string {
  return createHash('sha256')
    .update(readFileSync(modelFile(model)))
    .digest('hex')
}

export function readResults(): Results {
  return JSON.parse(readFileSync(RESULTS_FILE, 'utf8')) as Results
}

/**
 * Keeps the results of these runs, beside those of configurations that did not run, and writes them into the page.
 * @param digests of the models, from before they were searched
 */
export function writeResults(
  tools: { readonly spin: string; readonly cc: string },
  runs: readonly Run[],
  digests: ReadonlyMap<string, string>,
): void {
  const ran = new Map(runs.map((run) => [run.configuration, resultOf(run, digests)]))
  const former = readResults().results
  const results = CONFIGURATIONS.flatMap((configuration) => {
    const result = ran.get(configuration) ?? former.find((one) => isOf(one, configuration))
    return result ? [result] : []
  })
  const all: Results = { ...tools, results }
  writeFileSync(RESULTS_FILE, `${JSON.stringify(all, null, 2)}\n`)
  writeFileSync(PAGE_FILE, withTables(readFileSync(PAGE_FILE, 'utf8'), all))
}

export function isOf(result: Result, { model, title, defines }: Configuration): boolean {
  return result.model === model && result.title === title && result.defines === defines.join(' ')
}

function resultOf(run: Run, digests: ReadonlyMap<string, string>): Result {
  const { configuration, outcome, states, transitions, depth } = run
  const { model, title, defines } = configuration
  return {
    model,
    title,
    defines: defines.join(' '),
    outcome,
    states,
    transitions,
    depth,
    sha256: digests.get(model) ?? '',
  }
}

const START = '<!-- figures -->'
const END = '<!-- end of figures -->'

/** The page with the present figures between its marks. */
export function withTables(page: string, { spin, cc, results }: Results): string {
  const tables = [...new Set(results.map(({ model }) => model))].map((model) => tableOf(model, results))
  const text = [`SPIN ${spin}, cc ${cc}.`, ...tables].join('\n\n')
  const start = page.indexOf(START)
  const end = page.indexOf(END)
  if (start < 0 || end < start) throw new TypeError('docs/model.md has lost the marks of its figures')
  return `${page.slice(0, start)}${START}\n\n${text}\n\n${page.slice(end)}`
}

function tableOf(model: string, results: readonly Result[]): string {
  const number = (value: number): string => value.toLocaleString('en').replaceAll(',', ' ')
  const rows = results
    .filter((result) => result.model === model)
    .map(({ title, defines, outcome, states, transitions, depth }) => {
      const shown = outcome === 'holds' ? '**holds**' : outcome
      const options = defines === '' ? '' : `\`${defines}\``
      return `| ${title} | ${options} | ${shown} | ${number(states)} | ${number(transitions)} | ${number(depth)} |`
    })
  return [
    `## \`model/${model}.pml\``,
    '',
    '| Configuration | Defined | Result | States | Transitions | Depth |',
    '| --- | --- | --- | ---: | ---: | ---: |',
    ...rows,
  ].join('\n')
}
