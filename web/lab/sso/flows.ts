/** What alice does in each arrangement. Everything is done by requests; nothing is told that did not happen. */
import { sha256Base64url } from '../../../src/crypto/digest.ts'
import { randomSecret } from '../../../src/crypto/random.ts'
import { API, HUB } from './hub.ts'
import { codeOf, json, type Page } from './network.ts'
import type { Flow } from './settings.ts'
import { ONE, PHONE, type World } from './world.ts'

/** What an arrangement has shown. */
export interface Found {
  readonly figures: readonly { readonly name: string; readonly value: number; readonly unit: string }[]
  readonly sentence: string
  readonly works: boolean
}

export const PLAY: Readonly<Record<Flow, (world: World) => Promise<Found>>> = {
  redirect: twoApps,
  form_post: twoApps,
  sibling: siblings,
  bff: behindFrontEnd,
  mobile: phoneApp,
  bridge: tokenBridge,
}

const isOk = ({ status }: Page) => status === 200

/** Opens an application, and signs in at the provider where it asks. */
async function open({ tab, trace }: World, origin: string): Promise<Page> {
  const page = await tab.open(`${origin}/`)
  if (json(page).says !== 'the page to sign in') return page
  trace.note('browser', 'Alice types her password')
  const { search } = new URL(page.at ?? HUB)
  return tab.go({
    kind: 'top-post',
    method: 'POST',
    url: `${HUB}/sign-in${search}`,
    page: `${HUB}/authorize`,
    fields: { email: '', password: '' },
  })
}

/** A look at a page that needs a session, from the application itself. */
const look = ({ tab }: World, origin: string) =>
  tab.go({ kind: 'fetch', method: 'GET', url: `${origin}/settings`, page: `${origin}/` })

async function twoApps(world: World): Promise<Found> {
  const { hub, trace, two } = world
  trace.note('browser', 'Alice opens app-one')
  const first = await open(world, ONE)
  if (isOk(first)) trace.note('browser', 'Alice opens app-two')
  const second = isOk(first) ? await open(world, two) : first
  if (!isOk(second)) {
    return {
      works: false,
      figures: [typed(hub.passwords())],
      sentence: `Nobody is signed in (${codeOf(second)}): the cookie that says who began the sign-in did not come back with the form from the provider's site.`,
    }
  }
  const [late, ...figures] = await logout(world)
  return {
    works: true,
    figures: [typed(hub.passwords()), ...(late ? [late] : []), ...figures],
    sentence: `One password, three sessions (provider, app-one, app-two), each with a cookie of its own host. After signing out at the provider app-one let Alice in for ${late?.value} s more, app-two for ${figures[0]?.value} s.`,
  }
}

/** Alice signs out at the provider; each application is asked just before it hears of it, and just after. */
async function logout(world: World): Promise<Found['figures']> {
  const { tab, trace, hub, clock, two } = world
  trace.note('browser', 'Alice signs out at the identity provider')
  await tab.open(`${HUB}/end-session`)
  const endedAt = clock.now()
  const found = new Map<string, number>()
  for (const { client, send } of hub.takeDeliveries()) {
    const origin = client.id === 'app-one' ? ONE : two
    const wait = endedAt + client.delaySeconds - clock.now()
    clock.advance(Math.max(wait, 0))
    trace.note('hub', `The logout reaches ${client.id}`)
    if (client.delaySeconds > 0) await look(world, origin)
    await send()
    if (!isOk(await look(world, origin))) found.set(client.id, clock.now() - endedAt)
  }
  return ['app-one', 'app-two'].map((id) => ({
    name: `${id} let her in after the logout`,
    value: found.get(id) ?? Number.NaN,
    unit: 's',
  }))
}

const typed = (value: number) => ({ name: 'passwords typed', value, unit: value === 1 ? 'time' : 'times' })

async function siblings(world: World): Promise<Found> {
  const { tab, trace, two } = world
  trace.note('browser', 'Alice opens app-one')
  await open(world, ONE)
  trace.note('browser', "Alice opens its sibling: app-one's cookie stays at home")
  await open(world, two)
  trace.note('two', 'app-two is taken over, and its page sends a form to app-one')
  const forged = await tab.go({
    kind: 'top-post',
    method: 'POST',
    url: `${ONE}/sign-out`,
    page: `${two}/`,
    fields: { scope: 'browser' },
  })
  const still = await look(world, ONE)
  const figures = await logout(world)
  return {
    works: codeOf(forged) === 'csrf.cross_site' && isOk(still),
    figures: [typed(world.hub.passwords()), ...figures],
    sentence: `Siblings are one site: the form from app-two did carry app-one's SameSite=Lax cookie, and only the CSRF check refused it (${codeOf(forged)}). The cookie itself is app-one's alone (__Host-).`,
  }
}

async function behindFrontEnd(world: World): Promise<Found> {
  const { tab, trace, network, one } = world
  trace.note('browser', 'Alice opens app-one, whose pages talk to its back end for front end (BFF) only')
  await open(world, ONE)
  let token = ''
  const host = network.hostOf(ONE)
  network.add(ONE, {
    ...host,
    async handle(request) {
      if (!request.url.startsWith('/bff/orders')) return host.handle(request)
      const login = await one.identify(request)
      if (!login) return host.handle({ ...request, url: '/settings' })
      token = (await one.mint(login, { audience: API })).accessToken
      return network.call('one', `${API}/orders`, {}, { authorization: `Bearer ${token}` })
    },
  })
  const ask = () => tab.go({ kind: 'fetch', method: 'GET', url: `${ONE}/bff/orders`, page: `${ONE}/` })
  const before = await ask()
  const inPage = String(before.body).includes(token) ? 1 : 0
  const after = await endAtAppOne(world, ask)
  trace.note('one', 'a copy of the token that app-one made, tried after the logout')
  const copy = await network.call('one', `${API}/orders`, {}, { authorization: `Bearer ${token}` })
  return {
    works: isOk(before) && !isOk(after) && codeOf(copy) === 'token.revoked',
    figures: [typed(world.hub.passwords()), { name: 'tokens in what the page was answered', value: inPage, unit: '' }],
    sentence: `The page holds a cookie and no token; app-one makes a token of minutes for the API and keeps it. After the logout both are refused (${codeOf(after)}, ${codeOf(copy)}).`,
  }
}

async function endAtAppOne({ tab, trace }: World, ask: () => Promise<Page>): Promise<Page> {
  trace.note('browser', 'Alice signs out at app-one')
  await tab.go({
    kind: 'top-post',
    method: 'POST',
    url: `${ONE}/sign-out`,
    page: `${ONE}/`,
    fields: { scope: 'browser' },
  })
  return ask()
}

async function phoneApp(world: World): Promise<Found> {
  const { tab, trace, network, hub } = world
  trace.note('browser', 'Alice has used app-one in this browser')
  await open(world, ONE)
  const verifier = randomSecret() + randomSecret()
  let code = ''
  network.add(PHONE, {
    party: 'phone',
    async handle({ url }) {
      code = new URL(url, PHONE).searchParams.get('code') ?? ''
      return { status: 200, headers: new Headers(), body: JSON.stringify({ says: 'back in the app' }) }
    },
  })
  trace.note('phone', 'The app keeps a code verifier, and opens the system browser with its hash')
  const asked = {
    client_id: 'phone-app',
    response_type: 'code',
    redirect_uri: `${PHONE}/callback`,
    state: randomSecret(),
    code_challenge: sha256Base64url(verifier),
    code_challenge_method: 'S256',
  }
  await tab.open(`${HUB}/authorize?${new URLSearchParams(asked)}`)
  const grant = { code, client_id: 'phone-app' }
  trace.note('phone', 'Another app has caught the code, but has no verifier')
  const thief = await network.call('phone', `${HUB}/token`, { ...grant, code_verifier: 'guess' })
  trace.note('phone', 'The app itself redeems the code, with the verifier')
  const answer = json<{ readonly tokens?: { readonly accessToken: string } }>(
    await network.call('phone', `${HUB}/token`, { ...grant, code_verifier: verifier }),
  )
  const authorization = `Bearer ${answer.tokens?.accessToken ?? ''}`
  const before = await network.call('phone', `${API}/orders`, {}, { authorization })
  trace.note('hub', 'Alice signs out everywhere: the provider revokes all her sessions')
  await hub.auth.revoke({ subject: 'alice' })
  const after = await network.call('phone', `${API}/orders`, {}, { authorization })
  return {
    works: isOk(before) && codeOf(thief) === 'invalid_grant' && codeOf(after) === 'token.revoked',
    figures: [typed(hub.passwords())],
    sentence: `The phone app got tokens without a password, because the system browser was signed in already; a caught code was worth nothing without the verifier. It holds no cookie. After signing out everywhere its token is refused (${codeOf(after)}).`,
  }
}

async function tokenBridge(world: World): Promise<Found> {
  const { tab, trace, two } = world
  trace.note('browser', 'Alice opens app-one')
  await open(world, ONE)
  trace.note('browser', 'A script of app-one changes the cookie into a short token for one API')
  const page = `${ONE}/`
  const bridged = await tab.go({
    kind: 'fetch',
    method: 'POST',
    url: `${ONE}/auth/token`,
    page,
    fields: { audience: API },
  })
  const { access_token: token = '', expires_in: life = 0 } = json<{ access_token?: string; expires_in?: number }>(
    bridged,
  )
  const headers = { authorization: `Bearer ${token}` }
  const ask = (url: string) => tab.go({ kind: 'fetch', method: 'GET', url, page, headers })
  const before = await ask(`${API}/orders`)
  trace.note('browser', 'The same token, tried at app-two')
  const elsewhere = await ask(`${two}/settings`)
  const after = await endAtAppOne(world, () => ask(`${API}/orders`))
  return {
    works: isOk(before) && !isOk(elsewhere) && codeOf(after) === 'token.revoked',
    figures: [typed(world.hub.passwords()), { name: 'life of the token', value: life, unit: 's' }],
    sentence: `The cookie never left app-one; the token is for one audience and ${life} s. app-two refuses it (${codeOf(elsewhere)}), and after the logout the API does, too (${codeOf(after)}).`,
  }
}
