/** Forms that failed: shown again with the message beside its field. */
import { type AuthErrorCode, isAuthError } from '../../errors.ts'
import { type HttpRequest, type HttpResponse, privateHeaders } from '../../http/message.ts'
import { problemResponse } from '../../http/problem.ts'
import { formPolicy } from '../../oidc/page-policy.ts'
import type { FormFault } from '../pages/layout.ts'
import type { ServerParts } from './parts.ts'

export type FormName = 'sign-in' | 'sign-up' | 'password' | 'reset'

/**
 * What a person can mend in the form, and the field that it is about (null: the form as a whole). Everything else is a
 * problem page.
 */
const FIELD_OF: Readonly<Record<FormName, Readonly<Partial<Record<AuthErrorCode, string | null>>>>> = {
  'sign-in': {
    'account.password_change_required': 'new_password',
    'account.password_weak': 'new_password',
    'account.invalid': 'new_password',
  },
  'sign-up': { 'account.invalid': 'email', 'account.exists': 'email', 'account.password_weak': 'password' },
  password: {
    'account.credentials': 'current_password',
    'account.password_weak': 'new_password',
    'account.invalid': 'new_password',
  },
  reset: { 'account.reset_invalid': 'code', 'account.password_weak': 'new_password' },
}
const ABOUT_THE_WHOLE: ReadonlySet<AuthErrorCode> = new Set([
  'account.credentials',
  'account.throttled',
  'account.busy',
  'request.malformed',
  'session.limit',
  'store.unavailable',
])

/** A page for people, private as every answer is. */
export function pageResponse(status: number, page: string): HttpResponse {
  return { status, headers: privateHeaders('text/html; charset=utf-8'), body: page }
}

/** Lets the form of a page lead on to where the path that it returns to will lead: browsers look at every redirect after a form. */
export async function leadingOn(
  page: HttpResponse,
  { formTargetOf }: Pick<ServerParts, 'formTargetOf'>,
  returnTo: string | null,
): Promise<HttpResponse> {
  const target = returnTo === null ? null : await formTargetOf(returnTo)
  if (target !== null) page.headers.set('Content-Security-Policy', formPolicy(target))
  return page
}

/**
 * The form again, with the error's own status and headers (429 keeps its `Retry-After`).
 * @throws the error itself when it is nothing that the form could show
 */
export async function formFailure(
  parts: ServerParts,
  request: HttpRequest,
  form: FormName,
  error: unknown,
  page: (fault: FormFault) => string | Promise<string>,
): Promise<HttpResponse> {
  if (!isAuthError(error)) throw error
  const field = FIELD_OF[form][error.code]
  if (field === undefined && !ABOUT_THE_WHOLE.has(error.code)) throw error
  const frame = problemResponse(error, request, parts.onError ? { onError: parts.onError } : {})
  frame.headers.set('Content-Type', 'text/html; charset=utf-8')
  frame.headers.delete('WWW-Authenticate')
  return { ...frame, body: await page({ field: field ?? null, message: error.message }) }
}
