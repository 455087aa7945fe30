/**
 * Preloaded (`node --import`) where a process is to reach `*.test`: all of them are on loopback, at the address that TEST_HOSTS
 * names. A front that listens at several addresses knows by that who calls.
 */
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'

const { TEST_HOSTS = '127.0.0.1' } = process.env
const real = dns.lookup

function lookup(host: string, options: dns.LookupOptions, done: (...answer: readonly unknown[]) => void): void {
  if (!host.endsWith('.test')) {
    real(host, options, done as never)
    return
  }
  const found = { address: TEST_HOSTS, family: 4 }
  queueMicrotask(() => (options.all ? done(null, [found]) : done(null, found.address, found.family)))
}

dns.lookup = lookup as typeof dns.lookup
syncBuiltinESMExports()
