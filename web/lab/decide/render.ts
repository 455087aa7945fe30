/** The configuration as text: TypeScript that compiles and runs, the cookie's header, a proxy in front, the environment. */
import { createSessionCookie } from '../../../src/http/session-cookie.ts'
import {
  APP,
  type Configuration,
  PARTNER,
  PROVIDER,
  type ServiceConfiguration,
  type StoreKind,
} from './configuration.ts'
import { literal } from './literal.ts'

export interface TextFile {
  readonly name: string
  readonly text: string
}

const STORES: Readonly<Record<StoreKind, { readonly make: string; readonly from: string; readonly call: string }>> = {
  memory: { make: 'createMemoryStore', from: 'sojourn/stores/memory', call: 'createMemoryStore()' },
  sqlite: {
    make: 'createSqliteStore',
    from: 'sojourn/stores/sqlite',
    call: "createSqliteStore({ path: process.env.AUTH_DB ?? 'auth.db' })",
  },
  redis: {
    make: 'createRedisStore',
    from: 'sojourn/stores/redis',
    call: "await createRedisStore({ url: process.env.AUTH_STORE ?? 'redis://localhost:6379' })",
  },
  postgres: {
    make: 'createPostgresStore',
    from: 'sojourn/stores/postgres',
    call: "await createPostgresStore({ url: process.env.AUTH_STORE ?? 'postgres://localhost/auth' })",
  },
}

/** `auth.ts`, and what belongs beside it. */
export function renderTypeScript(configuration: Configuration): readonly TextFile[] {
  const { service, signsInElsewhere } = configuration
  return [
    { name: 'auth.ts', text: authText(configuration) },
    ...(service === null
      ? []
      : [{ name: 'service.ts', text: service.asks ? askingText(service) : verifierText(service) }]),
    ...(signsInElsewhere ? [{ name: 'sso.ts', text: SSO }] : []),
  ]
}

function authText({ auth, store, readsEachTime, stepUpSeconds, audited, service, notes }: Configuration): string {
  const { make, from, call } = STORES[store]
  const options = Object.entries(auth).map(([name, value]) => `  ${name}: ${literal(value, '  ')},`)
  return [
    "import { createAuth } from 'sojourn'",
    `import { ${make} } from '${from}'`,
    '',
    ...(notes.includes('no-sealed-cookies')
      ? ['// Nothing is kept: a restart of this process signs everybody out. Sojourn makes no sealed cookies.']
      : []),
    `export const store = ${call}`,
    '',
    'export const auth = createAuth({',
    '  store,',
    `  issuer: process.env.APP_URL ?? '${APP}',`,
    "  secrets: process.env.AUTH_SECRET ?? '', // 32 characters or more",
    '  claims: async (_subject: string) => ({ roles: [] as string[] }), // yours: what is said of a user',
    ...options,
    ...(service?.asks ? ["  operatorKeys: [process.env.ASKING_KEY ?? ''], // of the services that ask"] : []),
    ...(audited ? ['  onEvent: (event) => console.log(JSON.stringify(event)), // ids only, never a credential'] : []),
    '})',
    ...(readsEachTime
      ? [
          '',
          '// For the routes that must not answer from memory.',
          "export const sure = auth.demand({ consistency: 'strict' })",
        ]
      : []),
    ...(stepUpSeconds === null
      ? []
      : [
          '',
          '// For what matters: who has not signed in lately must do so again.',
          `export const recent = auth.demand({ maxAge: ${stepUpSeconds} })`,
        ]),
    '',
  ].join('\n')
}

function verifierText({ settings, revocations, audience }: ServiceConfiguration): string {
  const means = {
    none: [],
    feed: ["  revocations: { url: issuer, token: process.env.SOJOURN_FOLLOWER_KEY ?? '' },"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    lists: ['  revocations: { statusLists: `${issuer}/status/` },'],
  }[revocations]
  return [
    "import { createVerifier } from 'sojourn/verifier'",
    '',
    `const issuer = process.env.ISSUER ?? '${APP}'`,
    '',
    'export const verifier = createVerifier({',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    '  jwksUrl: `${issuer}/.well-known/jwks.json`,',
    '  issuer,',
    `  audience: '${audience}',`,
    ...Object.entries(settings).map(([name, value]) => `  ${name}: ${literal(value, '  ')},`),
    ...means,
    '})',
    '',
  ].join('\n')
}

function askingText({ audience }: ServiceConfiguration): string {
  // Another company gets credentials of a client that serves its audience, and no key of ours.
  const authorization =
    audience === PARTNER
      ? // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
        "`Basic ${btoa(`${process.env.CLIENT_ID ?? ''}:${process.env.CLIENT_SECRET ?? ''}`)}`"
      : // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
        "`Bearer ${process.env.ASKING_KEY ?? ''}`"
  return [
    `const issuer = process.env.ISSUER ?? '${APP}'`,
    '',
    '/** Asks the issuer about a token (RFC 7662): its subject, or null when it is good no more. */',
    'export async function ask(token: string, send: typeof fetch = fetch): Promise<string | null> {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    '  const answer = await send(`${issuer}/oauth/introspect`, {',
    "    method: 'POST',",
    `    headers: { authorization: ${authorization} },`,
    '    body: new URLSearchParams({ token }),',
    "    redirect: 'error',",
    '  })',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    '  if (!answer.ok) throw new Error(`the issuer answered ${answer.status}`)',
    '  const { active, sub, aud } = (await answer.json()) as { active: boolean; sub?: string; aud?: string | string[] }',
    `  return active && sub !== undefined && [aud].flat().includes('${audience}') ? sub : null`,
    '}',
    '',
  ].join('\n')
}

const SSO = `import { createOidcLogin } from 'sojourn/oidc/client'
import { auth, store } from './auth.ts'

export const sso = createOidcLogin({
  auth,
  store,
  secrets: process.env.AUTH_SECRET ?? '',
  issuer: process.env.PROVIDER_URL ?? '${PROVIDER}',
  clientId: process.env.CLIENT_ID ?? 'app',
  clientSecret: process.env.CLIENT_SECRET ?? '',
  redirectUri: \`\${process.env.APP_URL ?? '${APP}'}/auth/sso/callback\`,
  scopes: ['openid', 'email'],
})
auth.mount(sso.routes) // before an adapter is made of it
`

/** The header that a sign-in sends; made by the library itself. Null: no cookie is part of it. */
export function renderSetCookie({ auth, archetypes }: Configuration): string | null {
  if (auth.cookie === undefined) return null
  const seconds = auth.lifetimes?.cookie?.idleSeconds ?? 0
  const line = createSessionCookie(APP, auth.cookie).set('ID.SECRET', seconds)
  return archetypes.length === 0 ? null : `Set-Cookie: ${line}`
}

/** A proxy in front of Sojourn: it adds nothing to security, and must take nothing away. */
export function renderNginx({ service }: Configuration, headerBytes: number): string {
  const buffers = headerBytes > 1024 ? ['  large_client_header_buffers 4 16k;  # long tokens'] : []
  const stream =
    service?.revocations === 'feed'
      ? [
          '',
          '  location = /revocations/stream {',
          '    proxy_pass http://127.0.0.1:4000;',
          '    proxy_set_header Host $host;',
          '    proxy_buffering off;',
          '  }',
        ]
      : []
  return [
    'server {',
    '  listen 443 ssl;',
    `  server_name ${new URL(APP).host};`,
    ...buffers,
    '',
    '  location / {',
    '    proxy_pass http://127.0.0.1:4000;',
    '    proxy_set_header Host $host;  # compared with SOJOURN_URL',
    '    proxy_set_header X-Forwarded-For $remote_addr;',
    '    proxy_cache off;  # an answer belongs to one login',
    '  }',
    ...stream,
    '}',
    '',
  ].join('\n')
}

export function renderEnv({ env }: Configuration): string {
  return `${Object.entries(env)
    .map(([name, value]) => `${name}=${/[;<> ]/.test(value) ? `'${value}'` : value}`)
    .join('\n')}\n`
}
