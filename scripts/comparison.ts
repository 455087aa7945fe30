/** `npm run comparison`: writes docs/comparison.md from the cards and the result files. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { comparisonPage } from './comparison/page.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

writeFileSync(
  `${root}docs/comparison.md`,
  comparisonPage((path) => readFileSync(root + path, 'utf8')),
)
console.log('written: docs/comparison.md')
