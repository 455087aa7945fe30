/** Random operations on a store, over so few ids that they keep meeting each other. */
import fc from 'fast-check'
import type { Json } from '../../src/json.ts'
import type { Store } from '../../src/login/store.ts'
import type { SessionPage } from '../../src/session/store.ts'
import { aFamily, anAccount, anAuditEvent, aSession, hashOf, T0 } from './store-fixtures.ts'

/** What to do, told so that a failing sequence can be read; `at` is the present second of the step. */
export interface Operation {
  readonly told: string
  run(store: Store, now: number): Promise<unknown>
}

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const subject = fc.constantFrom('u', 'v', null)
const small = fc.nat({ max: 3 })
const seconds = fc.constantFrom(1, 5, 10, 100)
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => value as Json)
const text = fc.oneof(fc.constantFrom('k', 'l', 'm'), fc.string({ unit: 'grapheme-ascii', maxLength: 3 }))

const session = fc
  .record({ id, subject, generation: small, floor: small, version: small, idle: seconds, lived: seconds, data: json })
  .map(
    ({ idle, lived, ...rest }) =>
      (now: number) =>
        aSession({
          ...rest,
          secretHash: 'hash',
          createdAt: now,
          lastSeenAt: now,
          idleTimeoutSeconds: idle,
          absoluteExpiresAt: now + lived,
        }),
  )

const operation = <T>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (store: Store, value: T, now: number) => Promise<unknown>,
): fc.Arbitrary<Operation> =>
  values.map((value) => ({
    told: `${name} ${JSON.stringify(value, (_key, part) => (typeof part === 'function' ? part(0) : part))}`,
    run: (store, now) => run(store, value, now),
  }))

const UNTIL_AFTER = 50

const sessionOperations = [
  operation(
    'sessions.create',
    fc.record({ session, max: fc.constantFrom(null, 1, 2) }),
    (store, { session, max }, now) => store.sessions.create(session(now), max, now),
  ),
  operation('sessions.find', id, (store, one, now) => store.sessions.find(one, now)),
  operation('sessions.findWithSubject', id, (store, one, now) => store.sessions.findWithSubject(one, now)),
  operation('sessions.save', fc.record({ session, version: small }), (store, { session, version }, now) =>
    store.sessions.save({ ...session(now), version: version + 1 }, now),
  ),
  operation(
    'sessions.touch',
    fc.record({ id, back: fc.integer({ min: -5, max: 5 }) }),
    (store, { id: one, back }, now) => store.sessions.touch(one, now + back, now),
  ),
  operation(
    'sessions.rotate',
    fc.record({ id, version: small, session }),
    (store, { id: one, version, session }, now) =>
      store.sessions.rotate(one, version, session(now), now + UNTIL_AFTER, now),
  ),
  operation('sessions.end', id, (store, one, now) => store.sessions.end(one, now + UNTIL_AFTER, now)),
  operation(
    'sessions.endSubject',
    fc.record({
      subject: fc.constantFrom('u', 'v'),
      session: fc.option(session),
      onlyIfAlive: id,
      version: fc.constantFrom({}, { version: 1 }, { version: 2 }),
    }),
    (store, value, now) =>
      store.sessions.endSubject(
        value.subject,
        value.session && { session: value.session(now), onlyIfAlive: value.onlyIfAlive, ...value.version },
        now + UNTIL_AFTER,
        now,
      ),
  ),
  operation('sessions.listBySubject', fc.constantFrom('u', 'v'), (store, one, now) =>
    everyPage((cursor) => store.sessions.listBySubject(one, cursor, 2, now)),
  ),
  operation('sessions.list', fc.constant(0), async (store, _, now) =>
    (await everyPage((cursor) => store.sessions.list(cursor, 2, now))).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  ),
  operation('sessions.count', fc.constant(0), (store, _, now) => store.sessions.count(now)),
  operation('sessions.deleteExpired', fc.constant(0), (store, _, now) => store.sessions.deleteExpired(now, 1000)),
]

const familyOperations = [
  operation('families.create', fc.record({ id, sessionId: id, floor: small }), (store, value, now) =>
    store.families.create(aFamily(value.sessionId, value), now),
  ),
  operation('families.find', id, (store, one, now) => store.families.find(one, now)),
  operation('families.findBySession', id, (store, one, now) => store.families.findBySession(one, now)),
  operation(
    'families.rotate',
    fc.record({ id, step: small, hash: small, window: seconds }),
    (store, { id: one, step, hash, window }, now) =>
      store.families.rotate(
        one,
        { step, hash: hashOf(hash) },
        { secretHash: hashOf(step + 1), sealedSuccessor: `sealed ${step + 1}` },
        window,
        now + UNTIL_AFTER,
        now,
      ),
  ),
  operation('families.revoke', id, (store, one) => store.families.revoke(one)),
  operation('families.deleteExpired', fc.constant(0), (store, _, now) => store.families.deleteExpired(now, 1000)),
]

const revocationOperations = [
  operation('renew', id, (store, one) => store.revocations.renew(one)),
  operation('ack', fc.record({ id, offset: fc.nat({ max: 12 }) }), (store, value) =>
    store.revocations.ack(value.id, value.offset),
  ),
  operation('leave', id, (store, one) => store.revocations.leave(one)),
  operation('reap', fc.record({ id, renewals: small }), (store, value) =>
    store.revocations.reap(value.id, value.renewals),
  ),
  operation(
    'readAfter',
    fc.record({ offset: fc.nat({ max: 12 }), limit: fc.integer({ min: 1, max: 5 }) }),
    (store, value) => store.revocations.readAfter(value.offset, value.limit),
  ),
  operation('revokeToken', id, (store, one, now) => store.revocations.revokeToken(one, now + UNTIL_AFTER, now)),
  operation('bumpClaims', fc.constantFrom('u', 'v'), (store, one, now) =>
    store.revocations.bumpClaims(one, now + UNTIL_AFTER, now),
  ),
  operation(
    'publishPatch',
    fc.record({ subject: fc.constantFrom('u', 'v'), generation: small, value: json }),
    (store, value, now) =>
      store.revocations.publishPatch(value.subject, value.generation, { value: value.value }, now + UNTIL_AFTER, now),
  ),
  operation('raiseFloor', fc.array(id, { maxLength: 2 }), (store, keys, now) =>
    store.revocations.raiseFloor(keys, now + UNTIL_AFTER, now),
  ),
  operation('subject', fc.constantFrom('u', 'v', 'w'), (store, one) => store.revocations.subject(one)),
  operation(
    'judge',
    fc.record({ sessionId: id, subject: fc.constantFrom('u', 'v'), tokenId: fc.option(id), generation: small }),
    (store, value, now) => store.revocations.judge(value, now),
  ),
  operation('prune', fc.constant(0), (store, _, now) => store.revocations.prune(now)),
]

const otherOperations = [
  operation('records.put', fc.record({ text, json, life: fc.option(seconds) }), (store, { text, json, life }, now) =>
    store.records('r').put(text, json, life && now + life, now),
  ),
  operation('records.find', text, (store, key, now) => store.records('r').find(key, now)),
  operation(
    'records.compareAndSet',
    fc.record({ text, version: fc.option(small), json, life: fc.option(seconds) }),
    (store, { text, version, json, life }, now) =>
      store.records('r').compareAndSet(text, version, json, life && now + life, now),
  ),
  operation('records.take', text, (store, key, now) => store.records('r').take(key, now)),
  operation('records.list', fc.option(text), (store, cursor, now) => store.records('r').list(cursor, 3, now)),
  operation('records.deleteExpired', fc.constant(0), (store, _, now) => store.records('r').deleteExpired(now, 1000)),
  operation('accounts.create', fc.record({ id, email: id }), (store, value) => store.accounts.create(anAccount(value))),
  operation(
    'accounts.save',
    fc.record({ id, email: id, version: small, mustChangePassword: fc.boolean() }),
    (store, value) => store.accounts.save(anAccount(value)),
  ),
  operation('accounts.findByEmail', id, (store, email) => store.accounts.findByEmail(email)),
  operation('accounts.list', fc.option(id), (store, cursor) => store.accounts.list(cursor, 3)),
  operation('audit.append', fc.record({ subject, sessionId: fc.option(id) }), (store, value) =>
    store.audit.append(anAuditEvent(value)),
  ),
  operation(
    'audit.list',
    fc.record({ subject: fc.constantFrom('u', 'v', undefined), before: fc.option(fc.nat({ max: 9 })) }),
    (store, value) => store.audit.list(value.subject ? { subject: value.subject } : {}, value.before, 3),
  ),
]

export const anyOperation: fc.Arbitrary<Operation> = fc.oneof(
  { arbitrary: fc.oneof(...sessionOperations), weight: 4 },
  { arbitrary: fc.oneof(...familyOperations), weight: 2 },
  { arbitrary: fc.oneof(...revocationOperations), weight: 3 },
  { arbitrary: fc.oneof(...otherOperations), weight: 2 },
)

/** Everything that can be read of a store at the end. */
export async function readAll(store: Store, now: number): Promise<unknown> {
  const sessions = await everyPage((cursor) => store.sessions.list(cursor, 3, now))
  return {
    sessions: sessions.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    families: await Promise.all(['a', 'b', 'c', 'd', 'e'].map((one) => store.families.find(one, now))),
    log: await store.revocations.readAfter(0, 1000),
    members: (await store.revocations.members()).members.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    floor: await store.revocations.floor(),
    subjects: await Promise.all(['u', 'v'].map((one) => store.revocations.subject(one))),
    records: await store.records('r').list(null, 1000, now),
    accounts: await store.accounts.list(null, 1000),
    audit: await store.audit.list({}, null, 1000),
  }
}

async function everyPage(
  read: (cursor: string | null) => Promise<SessionPage>,
): Promise<SessionPage['sessions'][number][]> {
  const found: SessionPage['sessions'][number][] = []
  let cursor: string | null = null
  do {
    const page: SessionPage = await read(cursor)
    found.push(...page.sessions)
    cursor = page.cursor
  } while (cursor !== null)
  return found
}

/** When the first operation happens. */
export const START = T0
