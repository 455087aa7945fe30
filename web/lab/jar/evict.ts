/** What Chromium throws away when a site has too many cookies. */

import type { Priority } from './set-cookie.ts'
import type { StoredCookie } from './stored-cookie.ts'

/** In the common jar: more than 180 of one site bring it down to 150. */
export const SITE_LIMIT = 180
const PURGE = 30
const QUOTA: Readonly<Record<Priority, number>> = { low: 30, medium: 50, high: 70 }
/** In one partition a site has at most this many cookies and this many bytes of names and values. */
export const PARTITION_BYTES = 10_240

const ROUNDS: readonly { readonly priority: Priority; readonly sparesSecure: boolean }[] = [
  { priority: 'low', sparesSecure: true },
  { priority: 'low', sparesSecure: false },
  { priority: 'medium', sparesSecure: true },
  { priority: 'high', sparesSecure: true },
  { priority: 'medium', sparesSecure: false },
  { priority: 'high', sparesSecure: false },
]

/** @param latest the cookie that was just stored: only its own site, in its own partition, can overflow */
export function evict(cookies: readonly StoredCookie[], latest: StoredCookie): StoredCookie[] {
  const { site, partition } = latest
  const own = cookies
    .filter((cookie) => cookie.site === site && cookie.partition === partition)
    .toSorted((a, b) => a.usedAs - b.usedAs)
  const gone = new Set(partition === null ? surplus(own) : overweight(own))
  return cookies.filter((cookie) => !gone.has(cookie))
}

/** @param own the least recently used first */
function surplus(own: readonly StoredCookie[]): StoredCookie[] {
  if (own.length <= SITE_LIMIT) return []
  let left = [...own]
  let goal = own.length - (SITE_LIMIT - PURGE)
  for (const { priority, sparesSecure } of ROUNDS) {
    // A priority keeps its quota in any case; when secure cookies are spared, they fill it first.
    const kin = left.filter((cookie) => cookie.priority === priority)
    const secure = kin.filter((cookie) => cookie.secure).length
    const spared = sparesSecure ? Math.max(QUOTA[priority], secure) : QUOTA[priority]
    let room = Math.min(goal, Math.max(0, kin.length - spared))
    left = left.filter((cookie) => {
      if (room <= 0 || cookie.priority !== priority || (sparesSecure && cookie.secure)) return true
      room--
      goal--
      return false
    })
    if (goal <= 0) break
  }
  const kept = new Set(left)
  return own.filter((cookie) => !kept.has(cookie))
}

function overweight(own: readonly StoredCookie[]): StoredCookie[] {
  let bytes = own.reduce((sum, { name, value }) => sum + name.length + value.length, 0)
  let count = own.length
  const gone: StoredCookie[] = []
  for (const cookie of own) {
    if (bytes <= PARTITION_BYTES && count <= SITE_LIMIT) break
    gone.push(cookie)
    bytes -= cookie.name.length + cookie.value.length
    count--
  }
  return gone
}
