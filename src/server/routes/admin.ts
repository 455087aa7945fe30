/** The operator API: by a session whose claims hold the role `operator`, or by the operator key. */
import { AuthError } from '../../errors.ts'
import { type Fields, readFields, readJsonObject } from '../../http/body.ts'
import { bearerToken } from '../../http/credentials.ts'
import { presentedBy } from '../../http/identify.ts'
import { sessionJson } from '../../http/logged-in.ts'
import { type HttpRequest, jsonResponse } from '../../http/message.ts'
import type { Route } from '../../http/router.ts'
import { receiptJson } from '../../http/routes/parts.ts'
import type { RevokeInput, RevokeOptions } from '../../login/login.ts'
import type { Receipt } from '../../revocation/revoke.ts'
import { actAs } from '../request-context.ts'
import type { KnownVerifier, VerifierNotes } from '../verifier-notes.ts'
import type { ServerParts } from './parts.ts'

const PAGE = 50
const ID = /^[\w-]{1,128}$/

export function adminRoutes(parts: ServerParts, notes: Pick<VerifierNotes, 'list'>): readonly Route[] {
  const { logins, instance } = parts
  return [
    {
      method: 'POST',
      path: '/admin/revoke',
      async handle({ request }) {
        await requireOperator(parts, request)
        const fields = await readFields(request)
        const target = readTarget((name) => fields.text(name))
        return jsonResponse(200, operatorReceipt(await logins.revoke(target, readOptions(fields))))
      },
    },
    {
      method: 'PUT',
      path: '/admin/subjects/{id}/claims',
      async handle({ request, params }) {
        await requireOperator(parts, request)
        const subject = params.id ?? ''
        const claims = await readJsonObject(request)
        if (!ID.test(subject) || !(await instance.store.accounts.findById(subject)))
          throw new AuthError('request.not_found', 'there is no such subject')
        const receipt = await instance.accounts.setClaims(subject, claims)
        return jsonResponse(200, { subject, claims: receipt.claims, receipt: operatorReceipt(receipt) })
      },
    },
    {
      method: 'GET',
      path: '/admin/verifiers',
      async handle({ request }) {
        await requireOperator(parts, request)
        const { head, verifiers } = await notes.list()
        return jsonResponse(200, { head, verifiers: verifiers.map(verifierJson) })
      },
    },
    {
      method: 'GET',
      path: '/admin/sessions',
      async handle({ request, url }) {
        await requireOperator(parts, request)
        const subject = url.searchParams.get('subject')
        const cursor = url.searchParams.get('cursor')
        if (subject !== null && !ID.test(subject)) throw new AuthError('request.malformed', 'subject is an id')
        const page =
          subject === null
            ? await instance.store.sessions.list(cursor, PAGE, parts.clock.now())
            : await logins.sessionsOf(subject, cursor, PAGE)
        return jsonResponse(200, {
          sessions: page.sessions.map((session) => ({ subject: session.subject, ...sessionJson(session) })),
          cursor: page.cursor,
        })
      },
    },
  ]
}

/** @throws AuthError `operator.required`, and those of `identify` */
async function requireOperator(parts: ServerParts, request: HttpRequest): Promise<void> {
  const authorization = request.headers.get('authorization')
  if (authorization !== null && parts.isOperatorKey?.(bearerToken(authorization)))
    return actAs({ kind: 'operator_key' })
  const login = await parts.identify.require(presentedBy(request))
  const { roles } = login.claims
  if (!Array.isArray(roles) || !roles.includes('operator'))
    throw new AuthError('operator.required', 'this needs the role operator, or the operator key')
  actAs({ kind: 'operator', id: login.subject })
}

function readTarget(text: (name: string) => string | null): RevokeInput {
  const [session, subject, token] = [text('session'), text('subject'), text('token')]
  const given = [session, subject, token].filter((id) => id !== null)
  const id = given[0]
  if (given.length !== 1 || id === undefined || id === null || !ID.test(id))
    throw new AuthError('request.malformed', 'name one of session, subject or token, by its id')
  if (session !== null) return { session }
  return subject === null ? { token: id } : { subject }
}

/** `scope`: `fleet` (default) or `remote`; `drain`: true, or seconds from 0 to 10. */
function readOptions(fields: Fields): RevokeOptions {
  const [scope, drain] = [fields.text('scope') ?? 'fleet', readDrain(fields.value('drain'))]
  if (scope !== 'fleet' && scope !== 'remote') throw new AuthError('request.malformed', 'scope is fleet or remote')
  return { scope, ...(drain === undefined ? {} : { drain }) }
}

function readDrain(value: unknown): boolean | number | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  // A form has texts only.
  if (value === 'true' || value === 'false') return value === 'true'
  const seconds = typeof value === 'string' && /^\d{1,2}$/.test(value) ? Number(value) : value
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= 10) return seconds
  throw new AuthError('request.malformed', 'drain is true or false, or seconds from 0 to 10')
}

/** With each verifier that was waited for: an operator may know who they are. */
function operatorReceipt(receipt: Receipt): Record<string, unknown> {
  return { ...receiptJson(receipt), verifiers: receipt.verifiers }
}

function verifierJson({ id, confirmedOffset, note }: KnownVerifier): Record<string, unknown> {
  return {
    id,
    kind: note?.kind ?? null,
    name: note?.name ?? null,
    confirmed_offset: confirmedOffset,
    confirmed_at: note?.confirmedAt ?? null,
    last_accepted_at: note?.lastAcceptedAt ?? null,
    noted_at: note?.notedAt ?? null,
  }
}
