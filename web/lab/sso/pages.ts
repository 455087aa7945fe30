/** Answers of the simulated servers. */
import { privateHeaders } from '../../../src/http/message.ts'
import type { Page } from './network.ts'

/** 303 See Other. */
export function redirectTo(url: string, setCookie: string | null = null): Page {
  const headers = privateHeaders()
  headers.set('location', url)
  if (setCookie !== null) headers.append('set-cookie', setCookie)
  return { status: 303, headers, body: null }
}
