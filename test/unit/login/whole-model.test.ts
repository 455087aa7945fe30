/**
 * Two processes over one store, driven by random steps, against a model that knows nothing but the rules: which credentials are
 * alive, and which claims they show. After every step each process is asked about every credential that was ever handed out.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isAuthError } from '../../../src/errors.ts'
import type { IssuedAccessToken, IssuedTokens, LoggedIn } from '../../../src/login/login.ts'
import type { Mode } from '../../../src/session/session.ts'
import { createLoginKit, DEVICE, type LoginKit } from '../../support/login-kit.ts'

const LIFE = { idleSeconds: 2000, absoluteSeconds: 2000 }
const ACCESS_SECONDS = 300
const WINDOW_SECONDS = 10
const MOST_ACCOUNTS = 5
const RUNS = 120

interface ModelSession {
  readonly subject: string
  readonly mode: Mode
  readonly endsAt: number
  alive: boolean
  id: string
  /** null: parked, or token mode. */
  cookie: string | null
  /** Refresh tokens of the present family, oldest first. */
  line: string[]
  rotatedAt: number
}

interface ModelToken {
  readonly text: string
  readonly session: ModelSession
  /** The session's id when it was minted. */
  readonly sessionId: string
  readonly expiresAt: number
  revoked: boolean
}

/** A browser: its first account is the active one, whose cookie it holds. */
type Browser = ModelSession[]

class World {
  readonly kits: readonly [LoginKit, LoginKit]
  readonly sessions: ModelSession[] = []
  readonly tokens: ModelToken[] = []
  readonly cookies = new Set<string>()
  /** Refresh tokens of families that are gone. */
  readonly pastLines: string[] = []
  readonly browsers: Browser[] = [[], []]
  claims = 0

  constructor(kits: readonly [LoginKit, LoginKit]) {
    this.kits = kits
  }

  get now(): number {
    return this.kits[0].clock.now()
  }

  isAlive = (session: ModelSession): boolean => session.alive && this.now < session.endsAt

  isGood(token: ModelToken): boolean {
    const { session, sessionId, expiresAt, revoked } = token
    return this.isAlive(session) && session.id === sessionId && !revoked && this.now < expiresAt
  }

  end(session: ModelSession): void {
    session.alive = false
  }

  /** The same login under another id: what was minted for the old one is dead. */
  renew(session: ModelSession, to: LoggedIn): void {
    session.id = to.session.id
    this.giveCookie(session, to.cookie)
  }

  park(session: ModelSession): void {
    session.id = 'unknown until it is listed'
    session.cookie = null
  }

  giveCookie(session: ModelSession, cookie: string | null): void {
    session.cookie = cookie
    if (cookie !== null) this.cookies.add(cookie)
  }

  keepTokens(session: ModelSession, tokens: IssuedTokens): void {
    this.keepToken(session, tokens)
    if (session.line.at(-1) !== tokens.refreshToken) {
      session.line.push(tokens.refreshToken)
      session.rotatedAt = this.now
    }
  }

  /** A minted one is handed out again until it nears its end. */
  keepToken(session: ModelSession, { accessToken, expiresAt }: IssuedAccessToken): void {
    if (this.tokens.some(({ text }) => text === accessToken)) return
    this.tokens.push({ text: accessToken, session, sessionId: session.id, expiresAt, revoked: false })
  }

  started({ session, cookie, tokens }: LoggedIn, mode: Mode): ModelSession {
    const made: ModelSession = {
      subject: session.subject ?? '',
      mode,
      endsAt: this.now + LIFE.absoluteSeconds,
      alive: true,
      id: session.id,
      cookie: null,
      line: [],
      rotatedAt: 0,
    }
    this.sessions.push(made)
    this.giveCookie(made, cookie)
    if (tokens) this.keepTokens(made, tokens)
    return made
  }

  /** The account that a browser's cookie proves, if any; its others are out of reach without it. */
  active(browser: Browser): ModelSession | null {
    const [first] = browser
    return first && first.cookie !== null && this.isAlive(first) ? first : null
  }
}

interface Step {
  readonly what: string
  readonly here: 0 | 1
  readonly subject: string
  readonly mode: Mode
  readonly pick: number
  readonly seconds: number
}

/** As often as each is drawn. */
const KINDS = [
  ...['log-in', 'log-in', 'log-in', 'refresh', 'refresh', 'refresh', 'replay', 'old', 'past', 'elevate', 'switch'],
  ...['switch', 'leave', 'others', 'revoke-session', 'revoke-subject', 'revoke-token', 'claims', 'mint', 'mint'],
  ...['wait', 'wait', 'wait'],
]

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...KINDS),
  here: fc.constantFrom(0 as const, 1 as const),
  subject: fc.constantFrom('ann', 'bob', 'cat'),
  mode: fc.constantFrom<Mode>('cookie', 'token', 'hybrid'),
  pick: fc.nat(1000),
  seconds: fc.constantFrom(1, 9, 10, 11, 299, 300, 700, 1999, 2000),
})

/** One step of each kind in an order in which each does something: the first history of every run. */
const TOUR: Step[] = (
  [
    ['log-in', 'ann', 'token', 0],
    ['refresh', 'ann', 'token', 0],
    ['replay', 'ann', 'token', 0],
    ['others', 'ann', 'token', 0],
    ['past', 'ann', 'token', 0],
    ['elevate', 'ann', 'token', 0],
    ['claims', 'ann', 'token', 0],
    ['revoke-token', 'ann', 'token', 0],
    ['log-in', 'bob', 'cookie', 0],
    ['log-in', 'cat', 'hybrid', 0],
    ['mint', 'cat', 'hybrid', 0],
    ['switch', 'bob', 'cookie', 0],
    ['leave', 'bob', 'cookie', 0],
    ['refresh', 'ann', 'token', 0],
    ['wait', 'ann', 'token', 0],
    ['refresh', 'ann', 'token', 0],
    ['old', 'ann', 'token', 0],
    ['log-in', 'ann', 'cookie', 1],
    ['revoke-session', 'ann', 'cookie', 0],
    ['revoke-subject', 'cat', 'cookie', 0],
  ] as const
).map(([what, subject, mode, pick]) => ({ what, here: 0, subject, mode, pick, seconds: 1 }))

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
    return 'none'
  } catch (error) {
    if (isAuthError(error)) return error.code
    throw error
  }
}

async function take(world: World, { what, here, subject, mode, pick, seconds }: Step): Promise<string> {
  const kit = world.kits[here]
  const { logins } = kit
  const pickOf = <T>(from: readonly T[]): T | undefined => from[pick % Math.max(1, from.length)]
  const live = world.sessions.filter(world.isAlive)
  const withCookie = pickOf(live.filter(({ cookie }) => cookie !== null))
  const withTokens = pickOf(world.sessions.filter(({ line }) => line.length > 0))
  const browser = pickOf(world.browsers) ?? []
  /** Somebody who proves the session by what it was started with. */
  const someone = pickOf(live.filter(({ cookie, line }) => cookie !== null || line.length > 0))
  const loginOf = async (session: ModelSession) => {
    if (session.cookie !== null) return logins.resume(session.cookie)
    const token = world.tokens.find((one) => one.session === session && world.isGood(one))
    return token ? logins.verify(token.text) : null
  }

  switch (what) {
    case 'log-in': {
      if (mode === 'token') {
        world.started(await logins.logIn({ subject, mode, device: DEVICE }), mode)
        return `${subject} with tokens`
      }
      const active = world.active(browser)
      const held = active ? browser.filter(world.isAlive) : []
      const others = held.filter((one) => one.subject !== subject)
      const presented = browser[0]?.cookie
      const input = { subject, mode, device: DEVICE, ...(presented != null && { presentedCookie: presented }) }
      if (others.length >= MOST_ACCOUNTS) {
        expect(await codeOf(logins.logIn(input))).toBe('session.limit')
        return 'one account too many'
      }
      const made = world.started(await logins.logIn(input), mode)
      for (const one of held) if (one.subject === subject) world.end(one)
      for (const one of others) if (one.cookie !== null) world.park(one)
      browser.splice(0, browser.length, made, ...others)
      return `${subject} with a ${mode} beside ${others.length}`
    }
    case 'refresh':
    case 'replay':
    case 'old': {
      if (!withTokens) return 'nobody'
      const { line } = withTokens
      const age = what === 'refresh' ? 0 : what === 'replay' ? 1 : 2
      const presented = line.at(-1 - age)
      if (presented === undefined) return 'too young'
      if (!world.isAlive(withTokens)) {
        expect(await codeOf(logins.refresh(presented))).toBe('refresh.expired')
        return 'expired'
      }
      if (age === 0 || (age === 1 && world.now < withTokens.rotatedAt + WINDOW_SECONDS)) {
        const tokens = await logins.refresh(presented)
        if (age === 1) expect(tokens.refreshToken).toBe(line.at(-1))
        world.keepTokens(withTokens, tokens)
        return age === 0 ? 'rotated' : 'replayed'
      }
      expect(await codeOf(logins.refresh(presented))).toBe('refresh.reused')
      world.end(withTokens)
      return 'reused'
    }
    case 'past': {
      const presented = pickOf(world.pastLines)
      if (presented === undefined) return 'none'
      expect(await codeOf(logins.refresh(presented))).toBe('refresh.expired')
      return 'refused'
    }
    case 'elevate': {
      const login = someone && (await loginOf(someone))
      if (!login) return 'nobody'
      const raised = await logins.elevate(login, { acr: 'high' })
      world.renew(someone, raised)
      if (raised.tokens) world.keepTokens(someone, raised.tokens)
      return `${someone.subject} by ${login.credential}`
    }
    case 'switch': {
      const active = world.active(browser)
      if (!active?.cookie) return 'nobody'
      const target = pickOf((await logins.accountsOf(active.cookie)).filter((one) => !one.active))
      const other = browser.find((one) => one.subject === target?.subject)
      if (!target || !other) return 'one account'
      world.renew(other, await logins.switchAccount(active.cookie, target.sessionId))
      world.park(active)
      browser.splice(0, browser.length, other, ...browser.filter((one) => one !== other))
      return `from ${active.subject} to ${other.subject}`
    }
    case 'leave': {
      const active = world.active(browser)
      if (!active?.cookie) return 'nobody'
      const next = await logins.leaveAccount(active.cookie)
      const others = browser.filter((one) => one !== active && world.isAlive(one))
      expect(next === null).toBe(others.length === 0)
      if (!next) return 'one account'
      const other = others.find((one) => one.subject === next.session.subject)
      if (!other) throw new Error('switched to a stranger')
      world.end(active)
      world.renew(other, next)
      browser.splice(0, browser.length, other, ...others.filter((one) => one !== other))
      return `${active.subject} for ${other.subject}`
    }
    case 'others': {
      const login = someone && (await loginOf(someone))
      if (!login) return 'nobody'
      const kept = await logins.revokeOthers(login)
      if (!kept) throw new Error('the caller was alive')
      const others = live.filter((one) => one !== someone && one.subject === someone.subject)
      expect(kept.ended).toBe(others.length)
      for (const one of others) world.end(one)
      world.pastLines.push(...someone.line.splice(0))
      world.renew(someone, kept)
      if (kept.tokens) world.keepTokens(someone, kept.tokens)
      return `${someone.subject} keeps one, ${kept.ended} ended`
    }
    case 'revoke-session': {
      const session = pickOf(live.filter(({ id }) => id.length === 22))
      if (!session) return 'nobody'
      await logins.revoke({ session: session.id })
      world.end(session)
      return session.subject
    }
    case 'revoke-subject': {
      await logins.revoke({ subject })
      for (const one of live) if (one.subject === subject) world.end(one)
      return subject
    }
    case 'revoke-token': {
      const token = pickOf(world.tokens.filter((one) => world.now < one.expiresAt))
      if (!token) return 'none'
      await logins.revoke({ token: token.text })
      token.revoked = true
      return token.session.subject
    }
    case 'claims': {
      kit.claims.set(subject, { of: subject, version: ++world.claims })
      await logins.changeClaims(subject)
      return `${subject} has version ${world.claims}`
    }
    case 'mint': {
      const login = withCookie && (await loginOf(withCookie))
      if (!login) return 'nobody'
      world.keepToken(withCookie, await logins.mint(login, {}))
      return withCookie.subject
    }
    default:
      await kit.advance(seconds)
      return `${seconds} s`
  }
}

/** Every credential that was ever handed out, by every process, from memory and by asking. */
async function check(world: World, told: readonly string[]): Promise<void> {
  for (const [process, { logins, claims }] of world.kits.entries()) {
    const about = (what: string) => `process ${process}, ${what}, after\n${told.join('\n')}`
    const shown = (subject: string) => claims.get(subject) ?? { of: subject, version: 0 }
    const byCookie = new Map(world.sessions.filter(world.isAlive).map((one) => [one.cookie, one]))
    for (const cookie of world.cookies) {
      const session = byCookie.get(cookie)
      // From memory first: what it does not know it must say, and nothing that is wrong.
      const atOnce = logins.resumeNow(cookie)
      if (!session) expect(atOnce ?? null, about('a dead cookie, at once')).toBeNull()
      else if (atOnce !== undefined) expect(atOnce?.claims, about('claims, at once')).toEqual(shown(session.subject))
      const login = await logins.resume(cookie)
      if (!session) expect(login, about('a dead cookie')).toBeNull()
      else {
        expect(login, about(`the cookie of ${session.subject}`)).toMatchObject({
          subject: session.subject,
          mode: session.mode,
          sessionId: session.id,
        })
        expect(login?.claims, about('its claims')).toEqual(shown(session.subject))
        expect(logins.resumeNow(cookie), about('the same, from memory')).toEqual(login)
      }
    }
    for (const token of world.tokens) {
      const answer = await logins.verify(token.text).catch((error: unknown) => {
        if (isAuthError(error) && error.code.startsWith('token.')) return null
        throw error
      })
      expect(answer !== null, about(`a token of ${token.session.subject}`)).toBe(world.isGood(token))
      if (answer) expect(answer.claims, about('its claims')).toEqual(shown(token.session.subject))
    }
  }
}

it('is as the model says, whatever is done in whatever order by which process', { timeout: 120_000 }, async () => {
  const reached = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), async (steps) => {
      const options = {
        lifetimes: { cookie: LIFE, token: LIFE, hybrid: LIFE },
        accessTokenSeconds: ACCESS_SECONDS,
        replayWindowSeconds: WINDOW_SECONDS,
      }
      const one = await createLoginKit(options)
      const world = new World([one, await createLoginKit({ ...options, shared: one })])
      for (const subject of ['ann', 'bob', 'cat']) one.claims.set(subject, { of: subject, version: 0 })
      const told: string[] = []
      try {
        for (const taken of steps) {
          const outcome = await take(world, taken)
          told.push(`${told.length}: ${taken.what} in ${taken.here}: ${outcome}`)
          reached.set(taken.what, (reached.get(taken.what) ?? 0) + Number(!/^(nobody|none|one account)$/.test(outcome)))
          // What a receipt waits for: that every process has followed.
          for (const kit of world.kits) await kit.follow()
          await check(world, told)
        }
      } finally {
        for (const kit of world.kits) await kit.logins.close()
      }
      for (const kit of world.kits) expect(kit.errors, told.join('\n')).toEqual([])
    }),
    { numRuns: RUNS, examples: [[TOUR]] },
  )
  // Every kind of step did something: the tour takes care of it, whatever else was drawn.
  expect([...reached.keys()].sort()).toEqual([...new Set(KINDS)].sort())
  for (const [what, times] of reached) expect(times, what).toBeGreaterThan(0)
})
