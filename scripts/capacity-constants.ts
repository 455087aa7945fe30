/** `npm run capacity-constants`: makes src/capacity/measured.ts of the result files that are there. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { measuredText, RESULT_FILES, type Results } from './capacity/constants.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const results = Object.fromEntries(
  Object.entries(RESULT_FILES).map(([name, path]) => [name, JSON.parse(readFileSync(`${root}${path}`, 'utf8'))]),
) as unknown as Results
const path = `${root}src/capacity/measured.ts`
writeFileSync(path, measuredText(results))
const { status } = spawnSync('biome', ['check', '--write', path], { cwd: root, stdio: 'inherit' })
console.log(status === 0 ? 'written: src/capacity/measured.ts' : 'written, but not formatted')
process.exit(status ?? 1)
