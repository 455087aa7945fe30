/** The documents by what somebody wants to do. What is not named here comes last, so that nothing is lost. */

interface Group {
  readonly title: string
  readonly anchor: string
  /** Paths of documents, with a short name; or a pattern, whose documents have their titles as names. */
  readonly pages: readonly (readonly [path: string, name: string])[]
  readonly rest?: RegExp
}

export const GROUPS: readonly Group[] = [
  {
    title: 'Begin',
    anchor: 'begin',
    pages: [
      ['README.md', 'What Sojourn is'],
      ['docs/guides/getting-started.md', 'First login in ten minutes'],
      ['docs/comparison.md', 'Sessions and tokens compared'],
      ['docs/transcript.md', 'Every mode on the command line'],
    ],
  },
  {
    title: 'Build it into an application',
    anchor: 'build',
    pages: [
      ['docs/guides/adapters.md', 'Frameworks'],
      ['docs/guides/roles.md', 'Roles and what they allow'],
      ['docs/guides/password-reset.md', 'Forgotten passwords'],
      ['docs/guides/client.md', 'In the browser'],
      ['docs/guides/mobile.md', 'Mobile and native programs'],
      ['docs/guides/websockets.md', 'WebSockets and streams'],
      ['docs/guides/testing.md', 'Test your application'],
    ],
  },
  {
    title: 'Reach other services and domains',
    anchor: 'reach',
    pages: [
      ['docs/guides/single-sign-on.md', 'Single sign-on'],
      ['docs/guides/one-login-for-many-domains.md', 'One login for many domains'],
      ['docs/guides/log-in-with-a-provider.md', 'Log in with another provider'],
      ['docs/guides/token-bridge.md', 'The token bridge'],
      ['docs/guides/services-without-a-store.md', 'Services without a store'],
      ['docs/guides/verifiers-outside.md', 'Verifiers outside the fleet'],
      ['docs/guides/workers.md', 'At the edge: workers'],
    ],
  },
  {
    title: 'Run it',
    anchor: 'run',
    pages: [
      ['docs/guides/server.md', 'The server'],
      ['docs/guides/operating.md', 'Operating: back-up, key compromise, upgrade'],
      ['docs/guides/fleet.md', 'Several machines'],
      ['docs/guides/postgres.md', 'On Postgres'],
      ['docs/guides/capacity.md', 'Capacity'],
      ['docs/guides/command-line.md', 'Command line'],
    ],
  },
  {
    title: 'Move in and change',
    anchor: 'move',
    pages: [
      ['docs/guides/moving-in-from-express-session.md', 'From express-session'],
      ['docs/guides/moving-in-from-iron-session.md', 'From iron-session'],
      ['docs/guides/moving-in-from-next-auth.md', 'From next-auth'],
      ['docs/guides/changing-the-mode.md', 'Change from cookies to tokens, or back'],
    ],
    rest: /^docs\/guides\/moving-in/,
  },
  {
    title: 'Understand it',
    anchor: 'understand',
    pages: [
      ['docs/guarantee.md', 'What is promised of revocation'],
      ['ARCHITECTURE.md', 'Architecture'],
      ['SECURITY.md', 'Threats and their tests'],
      ['docs/rfc-9700.md', 'RFC 9700, line by line'],
      ['docs/model.md', 'Models of the protocol'],
      ['docs/benchmarks.md', 'Benchmarks'],
      ['CHANGELOG.md', 'Changes'],
      ['CONTRIBUTING.md', 'Contributing'],
    ],
  },
  {
    title: 'Look up',
    anchor: 'reference',
    pages: [
      ['docs/errors.md', 'Errors, by code'],
      ['docs/reference/http.md', 'Routes over HTTP'],
    ],
    rest: /^docs\/reference\//,
  },
  { title: 'Examples', anchor: 'examples', pages: [], rest: /^examples\// },
  { title: 'Decisions', anchor: 'decisions', pages: [], rest: /^docs\/decisions\// },
]

export interface NavigationGroup {
  readonly title: string
  readonly anchor: string
  readonly entries: readonly { readonly path: string; readonly name: string }[]
}

/** @param titles of the documents that there are, by path */
export function navigation(titles: ReadonlyMap<string, string>): readonly NavigationGroup[] {
  const left = new Set(titles.keys())
  const named = (path: string) => ({ path, name: titles.get(path) ?? path })
  const groups = GROUPS.map(({ title, anchor, pages, rest }) => {
    const entries = pages.filter(([path]) => left.delete(path)).map(([path, name]) => ({ path, name }))
    const others = [...left].filter((path) => rest?.test(path) && left.delete(path))
    return { title, anchor, entries: [...entries, ...others.map(named)] }
  })
  const more = { title: 'More', anchor: 'more', entries: [...left].map(named) }
  return [...groups, more].filter(({ entries }) => entries.length > 0)
}
