/** Apache with mod_auth_openidc, of Debian: a relying party that somebody else has written. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from './processes.ts'

const BINARY = '/usr/sbin/apache2'
const MODULES = '/usr/lib/apache2/modules'

export const hasApache = existsSync(BINARY) && existsSync(`${MODULES}/mod_auth_openidc.so`)

export interface Apache {
  readonly url: string
  log(): string
  stop(): Promise<void>
}

export interface ApacheOptions {
  readonly port: number
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** Where mod_auth_openidc answers: its redirect URI, and with `?logout=` its logouts. */
export const CALLBACK = '/oidc/callback'

/** Everything under `/private` wants a login; the user is told in `X-User`. */
export async function startApache({ port, issuer, clientId, clientSecret }: ApacheOptions): Promise<Apache> {
  const { path, remove } = temporaryFolder()
  // As root it gives up its rights, and its folder must still be its own.
  chmodSync(path, 0o755)
  mkdirSync(join(path, 'htdocs/private'), { recursive: true })
  for (const page of ['private/index.html', 'bye.html']) writeFileSync(join(path, 'htdocs', page), 'hello')
  const url = `http://localhost:${port}`
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'headers', 'dir', 'auth_openidc']
  writeFileSync(
    join(path, 'apache.conf'),
    `ServerName localhost
Listen 127.0.0.1:${port}
ServerRoot ${path}
DefaultRuntimeDir ${path}
PidFile ${path}/apache.pid
Mutex file:${path} default
ErrorLog ${path}/error.log
LogLevel warn
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
DocumentRoot ${path}/htdocs
DirectoryIndex index.html
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${clientId}
OIDCClientSecret ${clientSecret}
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCRedirectURI ${url}${CALLBACK}
OIDCCryptoPassphrase a-passphrase-of-tests-0123456789
OIDCPKCEMethod S256
OIDCScope "openid email"
OIDCRemoteUserClaim sub
# Node's fetch says that it is no navigation, and would be answered 401.
OIDCUnAuthAction auth true
<Location /private>
  AuthType openid-connect
  Require valid-user
  Header always set X-User "expr=%{REMOTE_USER}"
</Location>
<Location ${CALLBACK}>
  AuthType openid-connect
  Require valid-user
</Location>
`,
  )
  const child = spawn(BINARY, ['-f', join(path, 'apache.conf'), '-D', 'FOREGROUND'], { stdio: 'ignore' })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const log = () => (existsSync(join(path, 'error.log')) ? readFileSync(join(path, 'error.log'), 'utf8') : '')
  await listening(child, url, log)
  return {
    url,
    log,
    async stop() {
      process.off('exit', kill)
      if (child.exitCode === null) {
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      remove()
    },
  }
}

async function listening(child: ChildProcess, url: string, log: () => string): Promise<void> {
  const until = Date.now() + 30_000
  for (;;) {
    const answer = await fetch(`${url}/bye.html`).catch(() => null)
    if (answer?.ok) return
    if (child.exitCode !== null || Date.now() > until) throw new Error(`apache does not answer: ${log()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
