/**
 * The provider's answer as it comes to the callback: in the query, or as a form (`form_post`). A form comes across sites and so
 * without cookies; it is put aside for a moment, and the browser is sent on to fetch it with them, by a GET of our own.
 */

import { AuthError } from '../../errors.ts'
import { type HttpRequest, type HttpResponse, redirectResponse } from '../../http/message.ts'
import type { Json } from '../../json.ts'
import { readForm } from './form.ts'
import type { CheckedOptions } from './options.ts'
import type { Transactions } from './transaction.ts'

export interface Answers {
  /** A form: put aside. @throws AuthError `sso.state`, `request.*` */
  putAside(request: HttpRequest): Promise<HttpResponse>
  /** The parameters of a GET of the callback. @throws AuthError `sso.state`, `request.malformed` */
  read(url: URL): Promise<URLSearchParams>
}

/** For the browser's next request. */
const ASIDE_SECONDS = 60
const SEALED = 'sso answer'
const FETCHED = 'fetched'

export function createAnswers(options: CheckedOptions, transactions: Pick<Transactions, 'checkState'>): Answers {
  const { secrets, clock, redirectUri, name } = options
  const aside = options.store.records('sso-aside')
  return {
    async putAside(request) {
      const fields = await readForm(request)
      const state = transactions.checkState(fields.get('state') ?? null)
      const sealed: Json = await secrets.seal(SEALED, JSON.stringify([...fields]), `${name}\n${state}`)
      await aside.put(state, sealed, clock.now() + ASIDE_SECONDS, clock.now())
      return redirectResponse(`${redirectUri.pathname}?state=${encodeURIComponent(state)}&${FETCHED}=1`)
    },

    async read({ searchParams }) {
      const states = searchParams.getAll('state')
      if (states.length > 1) throw new AuthError('request.malformed', 'state is given twice')
      const state = transactions.checkState(states[0] ?? null)
      if (!searchParams.has(FETCHED)) return searchParams
      const sealed = await aside.take(state, clock.now())
      // Whatever else stands in the URL counts for nothing. Not put aside, or fetched already: a state and no answer.
      if (typeof sealed !== 'string') return new URLSearchParams({ state })
      return new URLSearchParams(
        JSON.parse(await secrets.open(SEALED, sealed, `${name}\n${state}`)) as [string, string][],
      )
    },
  }
}
