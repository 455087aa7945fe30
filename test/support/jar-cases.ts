/** Set-Cookie lines made up from a seed: mostly sensible, each with a few oddities that real servers send. */

export type Random = () => number

/** mulberry32: small, and the same everywhere. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T
}

const chance = (random: Random, share: number): boolean => random() < share

const PREFIXES = ['__Host-', '__Secure-', '__Http-', '__Host-Http-', '__host-', '__SECURE-', '__hTTp-', '__HOST-http-']
const ODD_NAMES = [
  (n: string) => ` ${n} `,
  (n: string) => `\t${n}\t`,
  (n: string) => `"${n}"`,
  (n: string) => `${n} b`,
  (n: string) => `${n}\tb`,
  (n: string) => `${n}\u0001`,
  (n: string) => `${n}\u007f`,
  (n: string) => `${n}\u00c3\u00a9`,
  (n: string) => `${n}\u00e9`,
  (n: string) => `${n}[0],{x}(y)@z:/?\\`,
  (n: string) => `$${n}`,
  (n: string) => `_Host-${n}`,
  (n: string) => `__Hos-${n}`,
  (n: string) => `__Host-Http${n}`,
  (n: string) => `__HostHttp-${n}`,
  (n: string) => `Host-${n}`,
]
const ODD_VALUES = [
  '',
  '"quoted"',
  '"half',
  'a=b=c',
  'with space',
  '  padded\t',
  'a,b',
  'tab\there',
  'bell\u0007',
  'del\u007f',
  'utf8-\u00c3\u00bc',
  'latin-\u00fc',
  '{"a":[1,2]}',
  '%3B%00',
  '\\back',
  '__Host-x=1',
]
const PATHS = [
  '/',
  '/deep',
  '/deep/',
  '/deep/path',
  '/deep/path/',
  '/deep/path/page',
  '/dee',
  '/other',
  '/other/',
  'deep',
  '',
  '"/"',
  '/DEEP',
  '/%64eep',
  '/deep/path?x',
  '//',
  '/deep//',
  ' / ',
  '/deep path',
  '/d\u00c3\u00a9',
]
const DOMAINS = [
  'shop.test',
  '.shop.test',
  'a.shop.test',
  '.a.shop.test',
  'b.shop.test',
  'c.a.shop.test',
  'SHOP.test',
  'test',
  '.test',
  '.',
  '',
  ' shop.test ',
  '..shop.test',
  'shop.test.',
  'op.test',
  'shop.test:443',
  'shop.test/',
  'sh%6fp.test',
  'sh\u00c3\u00b6p.test',
  'app-two.test',
  'intranet',
  '.intranet',
  'INTRANET',
  'shop .test',
]
const SAME_SITES = [
  'Strict',
  'Lax',
  'None',
  'strict',
  'LAX',
  'nOnE',
  '',
  'bogus',
  'None ',
  '"None"',
  'None,Lax',
  'Extended',
  'unspecified',
]
const MAX_AGES = [
  '3600',
  '86400',
  '0',
  '-1',
  '-0',
  '+3600',
  '34560000',
  '34560001',
  '99999999999',
  '9223372036854775807',
  '9223372036854775808',
  '99999999999999999999999',
  '-99999999999999999999999',
  '99999999999999999999999x',
  '3600s',
  '3600.5',
  '1e9',
  '',
  '"3600"',
  ' 7200 ',
  '0x10',
  'abc',
  '-',
  '03600',
]
const DAY = 86_400_000

export function expires(random: Random, nowMs: number): string {
  const at = new Date(nowMs + pick(random, [-3650, -2, -1, 1, 2, 30, 399, 401, 3650, 0.021, -0.021]) * DAY)
  const utc = at.toUTCString()
  const [, day = '', month = '', year = '', time = ''] = /(\d+) (\w+) (\d+) (\S+)/.exec(utc) ?? []
  const year5 = 10_000 + Math.floor(random() * 80_000)
  return pick(random, [
    utc,
    utc,
    utc.replace('GMT', 'PST'),
    `${day}-${month}-${year.slice(2)} ${time}`,
    `${month} ${day} ${year} ${time}`,
    `${year} ${month} ${day} ${time}`,
    `${time} ${day} ${month.toUpperCase()} ${year}`,
    `"${utc}"`,
    `${day} ${month}uary ${year} ${time} GMT+0200`,
    `${day}th ${month} ${year} ${time}`,
    `${day} ${month} ${year} ${time.slice(0, 5)}`,
    `${day} ${month} ${year} ${time}.123`,
    `${day} ${month} ${year} ${time}abc`,
    `31 Feb ${year} ${time}`,
    `30 Feb 2031 10:11:12`,
    `29 Feb 2028 10:11:12`,
    `31 Apr 2030 10:11:12`,
    `0 Jan 2030 10:11:12`,
    `32 Jan 2030 10:11:12`,
    `1 Jan 2030 24:00:00`,
    `1 Jan 2030 23:60:00`,
    `1 Jan 2030 23:59:60`,
    `1 Jan 2030 1:2:3`,
    `1 Jan 2030 1:2:345`,
    `1 Jan 99 10:11:12`,
    `1 Jan 69 10:11:12`,
    `1 Jan 070 10:11:12`,
    `1 Jan 130 10:11:12`,
    `1 Jan 1600 10:11:12`,
    `1 Jan ${year5} 10:11:12`,
    `1 Jan 123456 10:11:12`,
    `Thu, 01 Jan 1970 00:00:00 GMT`,
    `01 01 2030 10:11:12`,
    `jan feb 3 2030 10:11:12`,
    `10:11:12 11:12:13 1 Jan 2030`,
    `10:11 10:11:12 1 Jan 2030`,
    `1 Jan 2030`,
    `tomorrow`,
    '',
    `${nowMs}`,
    `\u00e91 Jan 2030 10:11:12`,
    `1 Jan 2030 10:11:12 1:1:1 x`,
  ])
}

function attribute(random: Random, nowMs: number): string {
  const kind = pick(random, [
    'path',
    'domain',
    'domain',
    'samesite',
    'samesite',
    'expires',
    'expires',
    'max-age',
    'secure',
    'httponly',
    'partitioned',
    'priority',
    'odd',
  ] as const)
  const cased = pick(random, [kind, kind, kind.toUpperCase(), `${kind[0]?.toUpperCase()}${kind.slice(1)}`])
  const name = pick(random, [cased, cased, cased, ` ${cased} `, `\t${cased}`])
  switch (kind) {
    case 'path':
      return `${name}=${pick(random, PATHS)}`
    case 'domain':
      return `${name}=${pick(random, DOMAINS)}`
    case 'samesite':
      return `${name}=${pick(random, SAME_SITES)}`
    case 'expires':
      return `${name}=${expires(random, nowMs)}`
    case 'max-age':
      return `${name}=${pick(random, MAX_AGES)}`
    case 'priority':
      return `${name}=${pick(random, ['low', 'Medium', 'HIGH', 'bogus', ''])}`
    case 'odd':
      return pick(random, [
        '',
        ' ',
        '=',
        '=x',
        'Unknown=1',
        'SameParty',
        'Version=1',
        'Comment="a',
        'bad\u0001',
        'x=\u0007',
        'Path=/\u0001',
        `Path=/${'p'.repeat(pick(random, [1022, 1023, 1024]))}`,
        `Domain=${'d'.repeat(1025)}`,
        `Unknown=${'u'.repeat(1500)}`,
        'Path=/tab\there',
        'Secure;Secure',
      ])
    default:
      return pick(random, [name, name, name, `${name}=`, `${name}=false`, `${name} = 1`])
  }
}

/** @param tag tells this case apart in names and values */
export function makeLine(random: Random, tag: string, nowMs: number): string {
  const calm = chance(random, 0.6)
  let name = tag
  if (chance(random, 0.25)) name = `${pick(random, PREFIXES)}${tag}`
  else if (chance(random, 0.08)) name = `dup${Math.floor(random() * 4)}`
  else if (!calm && chance(random, 0.3)) name = pick(random, ODD_NAMES)(tag)
  let value = `v${tag}`
  if (!calm && chance(random, 0.3)) value = pick(random, ODD_VALUES)
  if (chance(random, 0.02)) value = 'x'.repeat(pick(random, [4094, 4095, 4096, 4097]) - name.length)
  let pair = `${name}${calm ? '=' : pick(random, ['=', '=', '=', ' = ', '\t=', '= '])}${value}`
  if (!calm && chance(random, 0.1)) {
    const hidden = `${pick(random, PREFIXES)}${tag}`
    pair = pick(random, [tag, `=${tag}`, ` = ${tag}`, `=${hidden}=1`, hidden, `= ${hidden}`, '', '=', ' ', `==${tag}`])
  }
  const attributes: string[] = []
  if (chance(random, 0.55)) attributes.push('Secure')
  if (chance(random, 0.4)) attributes.push('HttpOnly')
  if (chance(random, 0.5)) attributes.push(`Path=${chance(random, 0.6) ? '/' : pick(random, PATHS)}`)
  if (chance(random, 0.6)) attributes.push(`SameSite=${pick(random, ['Strict', 'Lax', 'None', 'None'])}`)
  if (chance(random, 0.15)) attributes.push('Partitioned')
  if (chance(random, 0.15)) attributes.push(`Domain=${pick(random, DOMAINS.slice(0, 4))}`)
  if (chance(random, 0.1)) attributes.push(`Max-Age=${pick(random, MAX_AGES.slice(0, 3))}`)
  const odd = calm ? 0 : 1 + Math.floor(random() * 3)
  for (let i = 0; i < odd; i++) {
    attributes.splice(Math.floor(random() * (attributes.length + 1)), 0, attribute(random, nowMs))
  }
  const gap = calm ? '; ' : pick(random, ['; ', ';', ' ; ', ';\t', ';;'])
  return [pair, ...attributes].join(gap)
}
