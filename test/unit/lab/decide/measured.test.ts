/** The measured numbers of the decision model are those of the result files. `WRITE_RESULTS=1` takes them over anew. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../../../support/source-files.ts'

interface Row {
  readonly case: string
  readonly subject: string
  readonly metric: string
  readonly unit: string
  readonly median: number
}

/** File, case, subject, metric. */
const SOURCES: Readonly<Record<string, readonly [string, string, string, string]>> = {
  cookieHeaderBytes: ['size', 'Bytes on the wire', 'Sojourn, cookie, SQLite', 'header of every request'],
  setCookieBytes: ['size', 'Bytes on the wire', 'Sojourn, cookie, SQLite', 'Set-Cookie at sign-in'],
  leanTokenBytes: ['size', 'Bytes on the wire', 'Sojourn', 'access token with the nine standard claims'],
  sealedHeaderBytes: ['size', 'Bytes on the wire', 'iron-session', 'header of every request'],
  sessionRowBytes: ['size', 'Bytes per session', 'Sojourn, cookie, SQLite', 'files of SQLite'],
  familyRowBytes: ['size', 'Bytes per session', 'Sojourn, token, SQLite', 'files of SQLite'],
  cookieCheckMicros: ['verify', 'Cookie warm, 100,000 sessions', 'Sojourn, 1,000 revoked', 'cpu'],
  tokenCheckMicros: ['verify', 'ES256 warm, 100,000 tokens', 'Sojourn, 1,000 revoked', 'cpu'],
  tokenFirstCheckMicros: ['verify', 'ES256 cold', 'Sojourn', 'cpu'],
  sharedKeyFirstCheckMicros: ['verify', 'HS256 cold', 'Sojourn', 'cpu'],
  spreadMedianMs: ['fleet', 'Redis, revoke to all acked, back to back', 'Sojourn, 8 verifiers', 'p50 ms'],
  spreadTailMs: ['fleet', 'Redis, revoke to all acked, back to back', 'Sojourn, 8 verifiers', 'p99 ms'],
  revocationBytes: ['fleet', 'Redis, 1,000,000 live revocations', 'Sojourn', 'bytes each in memory'],
}
const FILE = join(root, 'web/lab/decide/measured.json')

function extract(): object {
  return Object.fromEntries(
    Object.entries(SOURCES).map(([name, [suite, of, subject, metric]]) => {
      const path = `bench/results/${suite}.json`
      const { date, rows } = JSON.parse(readFileSync(join(root, path), 'utf8')) as { date: string; rows: Row[] }
      const found = rows.filter((row) => row.case === of && row.subject === subject && row.metric === metric)
      expect(found, name).toHaveLength(1)
      const { median, unit } = found[0] as Row
      const value = Number(median.toPrecision(3))
      return [name, { value, unit, source: `${path}: ${of}; ${subject}; ${metric}`, date: date.slice(0, 10) }]
    }),
  )
}

it('are current', () => {
  const text = `${JSON.stringify(extract(), null, 2)}\n`
  if (process.env.WRITE_RESULTS === '1') writeFileSync(FILE, text)
  expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(JSON.parse(text))
})
