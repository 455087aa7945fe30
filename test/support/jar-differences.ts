/** Where the jar model and Chromium say different things about the same batch. */
import { toText } from '../../web/lab/jar/bytes.ts'
import { createJar } from '../../web/lab/jar/jar.ts'
import type { JarSettings } from '../../web/lab/jar/settings.ts'
import type { StoredCookie } from '../../web/lab/jar/stored-cookie.ts'
import { pick, type Random } from './jar-cases.ts'
import { asWritten, type Batch, exchangeOf, place, readingsOf, SKEW, WAYS, type Way } from './jar-script.ts'
import type { BrowserCookie, JarWorld, Observed } from './jar-world.ts'

export interface Difference {
  /** `stored`, or the reading's key. */
  readonly where: string
  readonly model: string
  readonly chromium: string
}

/** Steps of one moment, in which one expiry may differ from the other. */
const CLOCK_SLACK_SECONDS = 5

export function differencesOf(batch: Batch, observed: Observed, settings: JarSettings): readonly Difference[] {
  const jar = createJar(settings)
  batch.steps.forEach(({ way, lines }, step) => {
    const nowMs = observed.sentMs[step] ?? observed.readMs
    const skew = SKEW[way]
    // The Date header has whole seconds.
    const serverMs = skew === undefined ? undefined : Math.floor((nowMs + skew) / 1000) * 1000
    for (const line of lines) jar.set(asWritten(way, line), exchangeOf(way, batch.target), nowMs, serverMs)
  })
  const differences: Difference[] = []
  compareStored(jar.list(observed.readMs), observed.cookies, differences)
  for (const { key, exchange } of readingsOf(batch.target)) {
    const model =
      exchange.kind === 'script' ? jar.read(exchange, observed.readMs) || null : jar.header(exchange, observed.readMs)
    const chromium = observed.headers.get(key)
    if (chromium === undefined) differences.push({ where: key, model: 'a request', chromium: 'no request' })
    else if (model !== chromium) differences.push({ where: key, ...onlyIn(model ?? '', chromium ?? '') })
  }
  return differences
}

function compareStored(model: readonly StoredCookie[], browser: readonly BrowserCookie[], out: Difference[]): void {
  const left = new Map(browser.map((cookie) => [browserKey(cookie), cookie]))
  for (const cookie of model) {
    const key = modelKey(cookie)
    const twin = left.get(key)
    left.delete(key)
    if (!twin) {
      out.push({ where: 'stored', model: key, chromium: '' })
      continue
    }
    const [mine, theirs] = [modelText(cookie), browserText(twin)]
    if (mine !== theirs) out.push({ where: 'stored', model: `${key} ${mine}`, chromium: theirs })
    const seconds = cookie.expiresMs === null ? -1 : cookie.expiresMs / 1000
    if (Math.abs(seconds - twin.expires) > CLOCK_SLACK_SECONDS) {
      out.push({ where: 'stored', model: `${key} expires ${seconds}`, chromium: `expires ${twin.expires}` })
    }
  }
  for (const key of left.keys()) out.push({ where: 'stored', model: '', chromium: key })
}

/** The developer tools' protocol leaves out what is no UTF-8. */
const shown = (bytes: string): string => toText(bytes).replaceAll('\ufffd', '')

const modelKey = (cookie: StoredCookie): string =>
  JSON.stringify([
    shown(cookie.name),
    `${cookie.hostOnly ? '' : '.'}${cookie.domain}`,
    shown(cookie.path),
    cookie.partition ?? '',
  ])

function browserKey({ name, domain, path, partitionKey }: BrowserCookie): string {
  const partition = partitionKey
    ? `${partitionKey.topLevelSite}${partitionKey.hasCrossSiteAncestor ? ' (third party)' : ''}`
    : ''
  return JSON.stringify([name, domain, path, partition])
}

const modelText = ({ value, httpOnly, secure, sameSite, priority }: StoredCookie): string =>
  JSON.stringify([shown(value), httpOnly, secure, sameSite, priority])

const browserText = ({ value, httpOnly, secure, sameSite, priority }: BrowserCookie): string =>
  JSON.stringify([value, httpOnly, secure, (sameSite ?? 'unset').toLowerCase(), priority.toLowerCase()])

function onlyIn(a: string, b: string): { readonly model: string; readonly chromium: string } {
  const [left, right] = [a.split('; '), b.split('; ')]
  const model = left.filter((pair) => !right.includes(pair))
  const chromium = right.filter((pair) => !left.includes(pair))
  if (model.length === 0 && chromium.length === 0) {
    const at = left.findIndex((pair, index) => pair !== right[index])
    return { model: `order: ${left.slice(at, at + 4).join('; ')}`, chromium: right.slice(at, at + 4).join('; ') }
  }
  return { model: model.join('; '), chromium: chromium.join('; ') }
}

/** One line set and one way, with as little in it as still differs; for people to read. */
export async function shrink(world: JarWorld, batch: Batch, settings: JarSettings, tries = 80): Promise<Batch> {
  let least = batch
  let left = tries
  const differs = async (candidate: Batch): Promise<boolean> => {
    left--
    return differencesOf(candidate, await world.observe(candidate), settings).length > 0
  }
  const attempt = async (candidate: Batch): Promise<boolean> => {
    if (left <= 0 || !(await differs(candidate))) return false
    least = candidate
    return true
  }
  const count = (): number => least.steps.reduce((sum, { lines }) => sum + lines.length, 0)
  for (let size = Math.ceil(count() / 2); size >= 1 && left > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < count() && left > 0; ) {
      if (!(await attempt(without(least, from, size)))) from += size
    }
  }
  for (const [step, { lines }] of least.steps.entries()) {
    for (const [index, line] of lines.entries()) {
      let parts = line.split(';')
      for (let part = parts.length - 1; part >= 1; part--) {
        const shorter = parts.toSpliced(part, 1)
        if (await attempt(replaced(least, step, index, shorter.join(';')))) parts = shorter
      }
    }
  }
  return least
}

function without(batch: Batch, from: number, size: number): Batch {
  let at = 0
  const steps = batch.steps
    .map(({ way, lines }) => ({
      way,
      lines: lines.filter(() => {
        const place = at++
        return place < from || place >= from + size
      }),
    }))
    .filter(({ lines }) => lines.length > 0)
  return { ...batch, steps }
}

function replaced(batch: Batch, step: number, index: number, line: string): Batch {
  const steps = batch.steps.map((one, at) => (at === step ? { ...one, lines: one.lines.with(index, line) } : one))
  return { ...batch, steps }
}

const BATCH_SIZE = 330
const WAYS_IN_BATCH = 3
/** More than the 180 cookies that Chromium keeps of a site. */
const OVERFLOW = 270

export interface Making {
  readonly cases: number
  /** Whether the last batch overflows the jar. */
  readonly overflows: boolean
  readonly makeLine: (tag: string) => string
}

/** So many lines in batches, in which every way of setting them comes up. */
export function makeBatches(random: Random, { cases, overflows, makeLine }: Making): readonly Batch[] {
  const ordinary = overflows ? cases - OVERFLOW : cases
  const batches: Batch[] = []
  const targets = ['a.shop.test', 'a.shop.test', 'shop.test', 'intranet']
  let made = 0
  let ways: Way[] = []
  while (made < ordinary) {
    const steps = Array.from({ length: WAYS_IN_BATCH }, () => {
      if (ways.length === 0) ways = shuffled(random, WAYS)
      const count = Math.min(BATCH_SIZE / WAYS_IN_BATCH, ordinary - made)
      return { way: ways.pop() ?? 'typed', lines: Array.from({ length: count }, () => makeLine(`k${made++}x`)) }
    })
    batches.push({ target: place(pick(random, targets)), steps: steps.filter(({ lines }) => lines.length > 0) })
  }
  if (!overflows) return batches
  const lines = Array.from({ length: OVERFLOW }, () => {
    const priority = pick(random, ['Low', 'Medium', 'High'])
    return `k${made++}x=v; Path=/; Priority=${priority}${random() < 0.5 ? '; Secure' : ''}`
  })
  return [...batches, { target: place('a.shop.test'), steps: [{ way: 'typed', lines }] }]
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map((item) => [random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)
}

/** How many yes-or-no questions a batch asked: stored or not, and sent or not by each reading. */
export function comparisonsIn(batch: Batch): number {
  const lines = batch.steps.reduce((sum, step) => sum + step.lines.length, 0)
  return lines * (1 + readingsOf(batch.target).length)
}
