/** `npm run capacity-guide`: puts the figures of the result files into docs/guides/capacity.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { GUIDE, withFigures } from './capacity/guide.ts'

writeFileSync(GUIDE, withFigures(readFileSync(GUIDE, 'utf8')))
console.log('written: docs/guides/capacity.md')
