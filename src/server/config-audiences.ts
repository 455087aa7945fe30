/** `SOJOURN_AUDIENCES`: `AUDIENCE[;browser][;external][;lifetime=SECONDS][;scopes=SCOPES]`, separated by commas. */

/** An audience that tokens may be minted for. */
export interface AudiencePolicy {
  readonly audience: string
  /** Script in a browser may hold such tokens (then at most 5 minutes). */
  readonly browser: boolean
  /** Checked outside the fleet. */
  readonly external: boolean
  /** Lifetime of its access tokens; null: the default. */
  readonly lifetimeSeconds: number | null
  /** Scopes that its tokens may carry. */
  readonly scopes: readonly string[]
}

const LONGEST_LIFETIME = 3600
const LONGEST_BROWSER_LIFETIME = 300

/**
 * @param issuer always an audience, with the default policy unless the text names it
 * @returns the issuer first, then the others in the order given
 */
export function readAudiences(
  text: string | undefined,
  issuer: string,
  report: (problem: string, mend: string) => void,
): readonly AudiencePolicy[] {
  const policies: AudiencePolicy[] = []
  for (const entry of (text ?? '').split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const policy = readEntry(entry, report)
    if (!policy) continue
    if (policies.some(({ audience }) => audience === policy.audience))
      report(`"${shown(policy.audience)}" is named twice`, 'name each audience once')
    policies.push(policy)
  }
  const own = policies.find(({ audience }) => audience === issuer)
  const first = own ?? { audience: issuer, browser: false, external: false, lifetimeSeconds: null, scopes: [] }
  return [first, ...policies.filter((policy) => policy !== own)]
}

function readEntry(entry: string, report: (problem: string, mend: string) => void): AudiencePolicy | null {
  const [audience = '', ...flags] = entry.split(';').map((part) => part.trim())
  // Anything but printable ASCII without quotes could not be told apart in a token or a header.
  if (!/^[\x21-\x7e]{1,200}$/.test(audience) || /["\\]/.test(audience)) {
    report(`"${shown(audience)}" is no audience`, 'give a name or address without spaces')
    return null
  }
  let browser = false
  let external = false
  let lifetimeSeconds: number | null = null
  let scopes: readonly string[] = []
  for (const flag of flags) {
    const lifetime = /^lifetime=(\d{1,6})$/.exec(flag)?.[1]
    const scopesText = /^scopes=([\x20\x21\x23-\x5b\x5d-\x7e]{1,500})$/.exec(flag)?.[1]
    if (flag === 'browser') browser = true
    else if (flag === 'external') external = true
    else if (scopesText !== undefined) scopes = [...new Set(scopesText.split(/ +/))]
    else if (lifetime !== undefined) lifetimeSeconds = Number(lifetime)
    else {
      report(
        `"${shown(flag)}" says nothing about "${shown(audience)}"`,
        'use browser, external, lifetime=SECONDS or scopes=SCOPES',
      )
      return null
    }
  }
  const longest = browser ? LONGEST_BROWSER_LIFETIME : LONGEST_LIFETIME
  if (lifetimeSeconds !== null && (lifetimeSeconds < 10 || lifetimeSeconds > longest)) {
    report(`a lifetime of ${lifetimeSeconds} s for "${shown(audience)}"`, `give 10 to ${longest} seconds`)
    return null
  }
  return { audience, browser, external, lifetimeSeconds, scopes }
}

/** A value as it may stand in a message: short, one line. */
export function shown(text: string): string {
  const line = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return line.length > 40 ? `${line.slice(0, 40)}...` : line
}
