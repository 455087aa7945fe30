/** New sessions: the record as it is now, stored unless its subject or the floor has moved on meanwhile. */
import { AuthError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Appended } from '../revocation/engine.ts'
import type { Device, Session } from '../session/session.ts'
import { copyJson, type SessionDraft, type StartedSession } from '../session/sessions.ts'
import type { LogInInput } from './login.ts'
import type { Parts } from './parts.ts'
import type { SessionCookies } from './session-cookie.ts'
import type { SessionLimit } from './session-limit.ts'

export interface Started extends StartedSession {
  /** The end of the session that it replaced. */
  readonly appended: Appended | null
}

/** What a sign-in says of the session to come. */
export interface NewSession {
  readonly input: LogInInput
  readonly browserId: string | null
  readonly data: Json
}

export interface NewSessions {
  /** Within the limit; where that is reached, in place of `instead`. @throws AuthError `session.limit`, `session.superseded` */
  start(next: NewSession, instead: Session | null): Promise<Started>
  /** In place of an older session, in one step; the limit does not count both. */
  replace(next: NewSession, old: Session): Promise<Started>
  startAnonymous(device: Device, data: Json): Promise<StartedSession>
}

/** How often a sign-in starts over because its subject was revoked or changed meanwhile. */
const ATTEMPTS = 5
const MAX_USER_AGENT = 256
const MAX_ADDRESS = 64

export function createNewSessions(parts: Parts, cookies: SessionCookies, limit: SessionLimit): NewSessions {
  const { options, sessions, claims } = parts
  const { clock, store } = options

  /** What is new about the session; generation and claims as they are now. */
  const draft = async ({ input, browserId, data }: NewSession): Promise<SessionDraft> => {
    const state = await store.revocations.subject(input.subject)
    const floor = await store.revocations.floor()
    const loaded = await claims.load(input.subject)
    const createdAt = await limit.createdAt(input.subject)
    const { idleSeconds, absoluteSeconds } = options.lifetimes[input.mode]
    const now = clock.now()
    return {
      subject: input.subject,
      mode: input.mode,
      generation: state.generation,
      floor,
      createdAt,
      lastSeenAt: now,
      idleTimeoutSeconds: idleSeconds,
      absoluteExpiresAt: now + absoluteSeconds,
      authenticatedAt: Math.min(input.authenticatedAt ?? now, now),
      acr: input.acr ?? null,
      amr: input.amr ?? [],
      clientId: input.clientId ?? null,
      browserId,
      device: plainDevice(input.device),
      claims: loaded,
      claimsGeneration: state.generation,
      data,
    }
  }

  const start: NewSessions['start'] = async (next, instead) => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const started = await sessions.start(await draft(next), limit.atCreation)
      if (started === 'limit') {
        if (instead) return replace(next, instead)
        throw new AuthError('session.limit', 'this account has too many sessions already')
      }
      if (started !== 'superseded') return { ...started, appended: null }
    }
    throw superseded()
  }

  const replace: NewSessions['replace'] = async (next, old) => {
    let current: Session | null = old
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!current) return start(next, null)
      const prepared = sessions.prepare(await draft(next))
      const result = await sessions.rotate(current, prepared.session)
      if (result.outcome === 'rotated') {
        cookies.forget(current.id)
        return { ...prepared, appended: result.appended }
      }
      if (result.outcome !== 'superseded') current = await store.sessions.find(current.id, clock.now())
    }
    throw superseded()
  }

  return {
    start,
    replace,

    async startAnonymous(device, data) {
      const { idleSeconds, absoluteSeconds } = options.lifetimes.cookie
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const now = clock.now()
        const started = await sessions.start(
          {
            subject: null,
            mode: 'cookie',
            generation: 0,
            floor: await store.revocations.floor(),
            createdAt: now,
            lastSeenAt: now,
            idleTimeoutSeconds: idleSeconds,
            absoluteExpiresAt: now + absoluteSeconds,
            authenticatedAt: now,
            acr: null,
            amr: [],
            clientId: null,
            browserId: null,
            device: plainDevice(device),
            claims: {},
            claimsGeneration: 0,
            data: copyJson(data),
          },
          null,
        )
        if (typeof started !== 'string') return started
      }
      throw superseded()
    },
  }
}

function superseded(): AuthError {
  return new AuthError('session.superseded', 'the account is being changed at this moment', { retryAfterSeconds: 1 })
}

/** What is stored of a device. */
export function plainDevice({ userAgent, address }: Device): Device {
  return { userAgent: userAgent?.slice(0, MAX_USER_AGENT) ?? null, address: address?.slice(0, MAX_ADDRESS) ?? null }
}
