/** Steps as Lua scripts: each with the functions that it uses and no others, named by its SHA-1 as EVALSHA wants it. */
import { createHash } from 'node:crypto'
import { CLUSTER, CLUSTER_STEPS } from './lua-cluster-steps.ts'
import { FAMILY_STEPS, TRUTH_STEPS } from './lua-family-steps.ts'
import { LOG, LOG_STEPS } from './lua-log.ts'
import { OTHER_STEPS } from './lua-others.ts'
import { ROW_STEPS } from './lua-row-steps.ts'
import { ROWS } from './lua-rows.ts'

export interface Script {
  readonly text: string
  readonly sha: string
  /** Replicas, where there are any, must confirm it before it counts as done. */
  readonly isWaited: boolean
}

const STEPS = { ...LOG_STEPS, ...ROW_STEPS, ...FAMILY_STEPS, ...TRUTH_STEPS, ...CLUSTER_STEPS, ...OTHER_STEPS }
export type StepName = keyof typeof STEPS
export type Scripts = Readonly<Record<StepName, Script>>

/** Reads, and writes whose loss costs latency or a line of history. */
const UNWAITED: ReadonlySet<StepName> = new Set<StepName>([
  'readAfter',
  'ack',
  'members',
  'floor',
  'subject',
  'prune',
  'find',
  'findRow',
  'look',
  'dueEndings',
  'forgetEndings',
  'floors',
  'swept',
  'abandon',
  'touch',
  'rowsOf',
  'used',
  'page',
  'count',
  'sweep',
  'findFamily',
  'findFamilyOf',
  'sweepFamilies',
  'findRecord',
  'listRecords',
  'sweepRecords',
  'appendAudit',
  'listAudit',
  'findAccount',
  'listAccounts',
  'countAccounts',
])

/** @param isWhole all keys are on one server, so that rows and log are changed in one step */
export function createScripts(prefix: string, isWhole: boolean): Scripts {
  const library = partsOf(LOG + ROWS + CLUSTER)
  const known: Readonly<Record<string, string>> = { PREFIX: prefix, WHOLE: String(isWhole) }
  const scripts = Object.entries(STEPS).map(([name, body]) => {
    const text = `${link(library, body)}${body}`.replace(/\b(PREFIX|WHOLE)\b/g, (word) => known[word] ?? word)
    const sha = createHash('sha1').update(text).digest('hex')
    return [name, { text, sha, isWaited: !UNWAITED.has(name as StepName) }]
  })
  return Object.fromEntries(scripts) as Scripts
}

interface Part {
  readonly text: string
  readonly defines: readonly string[]
}

/** Every definition begins a line of its own with `local`; what is inside one is indented. */
function partsOf(library: string): readonly Part[] {
  return library.split(/\n(?=local )/).map((text) => {
    const names = /^local (?:function )?([\w, ]+)/.exec(text)?.[1] ?? ''
    return { text, defines: names.split(',').map((name) => name.trim()) }
  })
}

/** The parts that a step needs, and those that they need, in their order. */
function link(library: readonly Part[], body: string): string {
  const needed = new Set<Part>()
  const add = (text: string): void => {
    const words = new Set(text.match(/\w+/g))
    for (const part of library) {
      if (needed.has(part) || !part.defines.some((name) => words.has(name))) continue
      needed.add(part)
      add(part.text)
    }
  }
  add(body)
  return library
    .filter((part) => needed.has(part))
    .map(({ text }) => `${text}\n`)
    .join('')
}
