/** How many bytes a login costs: on the wire, in memory, in its store; and how many an import. */
import { fileURLToPath } from 'node:url'
import { IMPORT_BUDGETS, importSizes } from '../../scripts/import-sizes.ts'
import { systemClock } from '../../src/clock.ts'
import { randomId } from '../../src/crypto/random.ts'
import { createSecretRing } from '../../src/crypto/secret-ring.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'
import { createAccessTokenIssuer } from '../../src/token/access-tokens.ts'
import { createIssuerKeys } from '../../src/token/issuer-keys.ts'
import type { Goal } from '../goals.ts'
import { profileOf, SECRET, subjectOf } from '../http/application.ts'
import { load } from '../http/load.ts'
import { pageRequests, signIn } from '../http/requests.ts'
import { openStage, type Stage } from '../http/stage.ts'
import { HTTP_SUBJECTS, type HttpSubject } from '../http/subjects.ts'
import type { Row } from '../report.ts'

export interface SizeSuiteOptions {
  readonly sessions: number
  readonly progress: (text: string) => void
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const WIRE = 'Bytes on the wire'
const MEMORY = 'Bytes per session'
const IMPORTS = 'Gzipped bytes of an import'
/** `iss` and `aud` of 19 characters. */
const ISSUER = 'https://app.example'
/** What the application itself has put into a session. */
const OWN_BYTES = JSON.stringify(profileOf(subjectOf(0))).length

const CREDENTIAL = 'header of every request'
const TOKEN = 'access token with the nine standard claims'
const WARM = 'heap of the server, each session asked for once'

export async function sizeRows(options: SizeSuiteOptions): Promise<readonly Row[]> {
  const rows: Row[] = [row(WIRE, 'Sojourn', TOKEN, await standardTokenBytes())]
  for (const subject of HTTP_SUBJECTS)
    if (subject.kind !== 'floor') rows.push(...(await measureSubject(subject, options)))
  for (const { subpath, bytes, lazyBytes } of await importSizes(ROOT)) {
    const name = `sojourn${subpath.slice(1)}`
    rows.push(row(IMPORTS, name, 'at once', bytes))
    if (lazyBytes > 0) rows.push(row(IMPORTS, name, 'on demand', lazyBytes))
  }
  return rows.toSorted((a, b) => [WIRE, MEMORY, IMPORTS].indexOf(a.case) - [WIRE, MEMORY, IMPORTS].indexOf(b.case))
}

async function measureSubject(subject: HttpSubject, options: SizeSuiteOptions): Promise<readonly Row[]> {
  const stage = await openStage()
  try {
    return await measureOn(stage, subject, options)
  } finally {
    await stage.close()
  }
}

async function measureOn(stage: Stage, subject: HttpSubject, { sessions, progress }: SizeSuiteOptions) {
  const framework = subject.frameworks[0]
  if (!framework) return []
  const { name } = subject
  const place = await stage.start(subject, framework)
  const { server } = place
  // One login and one request beforehand: what is loaded on first use is no part of a session.
  const first = await signIn(server.port, 1)
  await load({ port: server.port, connections: 1, from: 0, count: 1, requestAt: pageRequests(first.lines) })
  const [heap, redis, files] = [await server.heap(), await place.redisBytes(), place.fileBytes()]

  progress(`${name}: signing in ${sessions} times`)
  const { lines, signInBytes } = await signIn(server.port, sessions, undefined, 1)
  const line = lines[0] ?? ''
  const rows = [
    row(WIRE, name, CREDENTIAL, line.length),
    row(WIRE, name, line.startsWith('Cookie') ? 'Set-Cookie at sign-in' : 'token at sign-in', signInBytes),
  ]
  const each = (bytes: number): number => Math.round(bytes / sessions)
  rows.push(row(MEMORY, name, 'heap of the server, after the sign-ins', each((await server.heap()) - heap)))
  progress(`${name}: asking for ${sessions} sessions`)
  await load({ port: server.port, connections: 16, from: 0, count: sessions, requestAt: pageRequests(lines) })
  const warm = each((await server.heap()) - heap)
  rows.push(row(MEMORY, name, WARM, warm))
  if (redis !== null) rows.push(row(MEMORY, name, 'memory of Redis', each(((await place.redisBytes()) ?? 0) - redis)))
  if (files > 0) rows.push(row(MEMORY, name, 'files of SQLite', each(place.fileBytes() - files)))
  return rows
}

/** `iss`, `sub`, `aud`, `client_id`, `exp`, `iat`, `jti`, `sid` and `gen`, signed by ES256. */
async function standardTokenBytes(): Promise<number> {
  const keys = createIssuerKeys({
    records: createMemoryStore().records('signing-keys'),
    secrets: createSecretRing([SECRET]),
    clock: systemClock,
  })
  try {
    const { bytes } = await createAccessTokenIssuer({ issuer: ISSUER, keys }).issue({
      subject: randomId(),
      sessionId: randomId(),
      audience: [ISSUER],
      clientId: 'app',
      generation: 1,
      issuedAt: systemClock.now(),
      lifetimeSeconds: 600,
    })
    return bytes
  } finally {
    keys.close()
  }
}

function row(name: string, subject: string, metric: string, bytes: number): Row {
  return { suite: 'size', case: name, subject, metric, unit: 'bytes', median: bytes, min: bytes, max: bytes, rounds: 1 }
}

export function sizeGoalsOf(rows: readonly Row[]): readonly Goal[] {
  const goals: Goal[] = []
  const atMost = (of: Row | undefined, limit: number, what: string, beyond = 0): void => {
    if (!of) return
    const measured = of.median - beyond
    goals.push({
      case: of.case,
      goal: `${of.subject}: ${what} at most ${limit.toLocaleString('en')} bytes`,
      measured: measured.toLocaleString('en'),
      isMet: measured <= limit,
    })
  }
  const find = (subject: string, metric: string): Row | undefined =>
    rows.find((of) => of.subject === subject && of.metric === metric)
  atMost(find('Sojourn, cookie, memory', CREDENTIAL), 70, 'Cookie header')
  atMost(find('Sojourn', TOKEN), 440, 'access token')
  // Its rows lie in the file: what the server holds is the near-cache.
  atMost(find('Sojourn, cookie, SQLite', WARM), 200, `near-cached, beyond the ${OWN_BYTES} bytes of its own`, OWN_BYTES)
  const inRedis = find('Sojourn, cookie, Redis', 'memory of Redis')
  atMost(inRedis, 200, `beyond the ${OWN_BYTES} bytes of its own`, OWN_BYTES)
  for (const [subpath, budget] of Object.entries(IMPORT_BUDGETS))
    atMost(find(`sojourn${subpath.slice(1)}`, 'at once'), budget, 'import')
  return goals
}
