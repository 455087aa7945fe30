/** How large the Lab is: what the first page loads, the whole, and the single file. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** Bytes; gzipped but for the single file. */
export interface LabSizes {
  readonly firstScript: number
  readonly firstStyle: number
  readonly whole: number
  readonly oneFile: number
}

/**
 * The first load is what a visitor waits for; each screen loads its own part. The whole holds most of the product's core,
 * for that is what runs here: some 75 kB of it.
 */
export const BUDGET: LabSizes = { firstScript: 45_000, firstStyle: 10_000, whole: 240_000, oneFile: 450_000 }

/** @param folder as `buildLab` filled it */
export function labSizes(folder: string): LabSizes {
  const text = (name: string) => readFileSync(join(folder, name), 'utf8')
  const zipped = (names: Iterable<string>) => [...names].reduce((sum, name) => sum + gzipSync(text(name)).length, 0)
  const index = text('index.html')
  const scripts = new Set<string>()
  const follow = (name: string): void => {
    if (scripts.has(name)) return
    scripts.add(name)
    for (const [, next = ''] of text(name).matchAll(/(?:from|import)\s*"\.\/([\w-]+\.js)"/g)) follow(next)
  }
  const asked = [...index.matchAll(/(?:src|href)="\.\/([\w-]+\.(?:js|css))"/g)].map(([, name = '']) => name)
  for (const name of asked.filter((name) => name.endsWith('.js'))) follow(name)
  // The first screen is loaded at once; it says its name in the script of the shell.
  const first = firstScreen([...scripts].map(text).join('\n'))
  if (first) follow(first)
  const all = readdirSync(folder).filter((name) => /\.(js|css)$/.test(name))
  return {
    firstScript: zipped(scripts),
    firstStyle: zipped(asked.filter((name) => name.endsWith('.css'))),
    whole: zipped(all),
    oneFile: Buffer.byteLength(text('sojourn-lab.html')),
  }
}

/** Of the registry: `{name:"",title:"Start",letter:"h",load:()=>import("./part-….js")}`, the first of its kind. */
function firstScreen(script: string): string | null {
  return /letter:"\w",load:\(\)=>import\("\.\/([\w-]+\.js)"\)/.exec(script)?.[1] ?? null
}
