/** The server under attack: a bank in memory. What it did stands in its book, and only there is an attack's effect looked for. */
import { AuthError } from '../../../src/errors.ts'
import type { HttpRequest } from '../../../src/http/message.ts'
import { problemResponse } from '../../../src/http/problem.ts'

export const BANK = 'https://bank.test'
/** Who issues the tokens that the bank accepts. */
export const LOGIN = 'https://login.test'

/** An entry in the book. */
export interface Entry {
  readonly from: string
  readonly to: string
  readonly amount: number
}

export interface Answer {
  readonly status: number
  /** Of the product's error; null: it was no error, or one of a naive server. */
  readonly code: string | null
  readonly text: string
}

export interface Bank {
  readonly book: readonly Entry[]
  handle(request: HttpRequest): Promise<Answer>
}

export interface BankOptions {
  /** Who asks, or an error. */
  readonly identify: (request: HttpRequest) => Promise<string>
  /** Naive: the transfer is a link, too. */
  readonly naiveTransferByGet?: boolean
}

/** A weak server's "no", which has no code. */
export class Refusal extends Error {}

/**
 * `POST /transfer` (`to`, `amount`): from whoever asks. `POST /deposit` (`amount`): from the card that is typed in, to whoever
 * asks. `GET /balance`.
 */
export function createBank({ identify, naiveTransferByGet = false }: BankOptions): Bank {
  const book: Entry[] = []

  const write = (from: string, to: string, amount: number): Answer => {
    book.push({ from, to, amount })
    return { status: 200, code: null, text: `${amount} from ${from} to ${to}` }
  }
  const serve = async (request: HttpRequest): Promise<Answer> => {
    const { pathname, searchParams } = new URL(request.url, BANK)
    const isRead = request.method === 'GET'
    if (isRead && pathname === '/transfer' && !naiveTransferByGet) {
      throw new AuthError('request.method', 'this path takes POST')
    }
    const subject = await identify(request)
    const fields = isRead ? searchParams : new URLSearchParams(String(request.body ?? ''))
    const amount = Number(fields.get('amount'))
    if (pathname === '/transfer') return write(subject, fields.get('to') ?? 'nobody', amount)
    if (pathname === '/deposit' && !isRead) return write(`${fields.get('card')}'s card`, subject, amount)
    if (pathname === '/balance' && isRead) return { status: 200, code: null, text: `the balance of ${subject}` }
    throw new AuthError('request.not_found', 'there is nothing at this path')
  }
  return {
    book,
    async handle(request) {
      try {
        return await serve(request)
      } catch (error) {
        if (error instanceof Refusal) return { status: 401, code: null, text: error.message }
        const { status, body } = problemResponse(error, request)
        const { code, detail } = JSON.parse(String(body)) as { readonly code: string; readonly detail: string }
        return { status, code, text: detail }
      }
    },
  }
}

/** An attack has worked when the book says that the attacker got something of somebody else's. */
export function isHarmed(book: readonly Entry[]): boolean {
  return book.some(({ from, to }) => to === 'mallory' && from !== to)
}

/** A request as any program can make it, with these headers and no browser. */
export function message(
  method: 'GET' | 'POST',
  path: string,
  headers: Readonly<Record<string, string>> = {},
  fields: Readonly<Record<string, string>> | null = null,
): HttpRequest {
  const all = {
    host: 'bank.test',
    ...(fields ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    ...headers,
  }
  return { method, url: path, headers: new Headers(all), body: fields ? new URLSearchParams(fields).toString() : null }
}

export const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` })

/** The attack's last step, in most exercises: alice's money to mallory. */
export const stealing = (headers: Readonly<Record<string, string>>): HttpRequest =>
  message('POST', '/transfer', headers, { to: 'mallory', amount: '100' })

/** A transfer that must go on working, whatever the defence. */
export const paying = (headers: Readonly<Record<string, string>>): HttpRequest =>
  message('POST', '/transfer', headers, { to: 'bob', amount: '20' })

/** A bank that is asked with bearer tokens. @param check answers the token's claims, or throws */
export function tokenBank(check: (token: string) => Promise<{ readonly sub?: unknown }>): Bank {
  return createBank({
    async identify({ headers }) {
      const { sub } = await check((headers.get('authorization') ?? '').slice('Bearer '.length))
      return String(sub)
    },
  })
}
