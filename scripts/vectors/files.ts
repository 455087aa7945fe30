/** Reads the vector files, and the overrides that say how some labels are to be treated. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Wanted } from './suite.ts'

export interface Folder {
  /** The parsed file. @throws Error when it is not there: a vector that is missing is not one that passes */
  read<T>(path: string): T
}

export function openFolder(path: string): Folder {
  if (!existsSync(path)) throw new Error(`there is no folder ${path}`)
  return { read: (file) => JSON.parse(readFileSync(join(path, file), 'utf8')) }
}

export type Label = 'valid' | 'invalid' | 'acceptable'

export interface WycheproofTest {
  readonly tcId: number
  readonly comment: string
  readonly result: Label
  readonly flags: readonly string[]
}

export interface WycheproofFile<Group> {
  readonly numberOfTests: number
  readonly testGroups: readonly Group[]
}

interface Override {
  readonly tcIds: readonly number[]
  readonly label: Label
  readonly treat_as: Wanted
}

/** How the tests of one Wycheproof file are to be answered. */
export function wantedBy(folder: Folder, name: string): (test: WycheproofTest) => Wanted {
  const all = folder.read<Readonly<Record<string, unknown>>>('wycheproof/overrides.json')
  const overrides = (Object.hasOwn(all, name) ? all[name] : []) as readonly Override[]
  return ({ tcId, result }) => {
    const override = overrides.find(({ tcIds }) => tcIds.includes(tcId))
    if (!override) return result === 'valid' ? 'accept' : result === 'invalid' ? 'reject' : 'either'
    if (override.label !== result)
      throw new Error(`${name} ${tcId} is labelled ${result}, the override says ${override.label}`)
    return override.treat_as
  }
}
