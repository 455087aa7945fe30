/** The address of the client, seen through the proxies that are trusted to tell it. */
import { BlockList, isIP } from 'node:net'

/** Whether the text is an IP address or a CIDR block. */
export function isAddressOrBlock(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}

/**
 * Answers the client's address: the peer itself or, if the peer is a trusted proxy, the last address of `X-Forwarded-For`
 * that is not one. What stands left of that is the client's own claim and is not read.
 *
 * @param proxies checked with `isAddressOrBlock`
 */
export function createClientAddress(
  proxies: readonly string[],
): (peer: string | undefined, forwardedFor: string | undefined) => string | null {
  const trusted = new BlockList()
  for (const proxy of proxies) {
    const [address = '', prefix] = proxy.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (prefix === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(prefix), family)
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return (peer, forwardedFor) => {
    let address = plain(peer)
    if (address === null || proxies.length === 0 || forwardedFor === undefined) return address
    const hops = forwardedFor.split(',')
    while (isTrusted(address)) {
      const hop = hops.pop()
      const next: string | null = hop === undefined ? null : plain(hop.trim())
      if (next === null) return address
      address = next
    }
    return address
  }
}

/** An address in one form: IPv4 inside IPv6 unwrapped, zone, brackets and port removed; null when it is none. */
function plain(text: string | undefined): string | null {
  if (text === undefined) return null
  let address = text.replace(/^\[([^\]]*)\](:\d{1,5})?$/, '$1').replace(/%.*$/, '')
  if (/^[\d.]+:\d{1,5}$/.test(address)) address = address.slice(0, address.indexOf(':'))
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  address = mapped ?? address.toLowerCase()
  return isIP(address) === 0 ? null : address
}
