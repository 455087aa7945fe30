/** The measurements of the claims, made anew and compared with the committed file. `WRITE_RESULTS=1` takes them over. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../../support/source-files.ts'
import { measure } from './measurements.ts'

const FILE = join(root, 'test/results/claims.json')

it('are those of the committed file', async () => {
  const results = await measure()
  if (process.env.WRITE_RESULTS === '1') writeFileSync(FILE, `${JSON.stringify({ results }, null, 2)}\n`)
  expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual({ results: JSON.parse(JSON.stringify(results)) })
})
