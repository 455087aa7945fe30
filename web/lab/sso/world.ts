/** Everybody of the simulation, ready to begin: a browser, two applications, the identity provider, an API. */
import { type HttpRequest, jsonResponse } from '../../../src/http/message.ts'
import { problemResponse } from '../../../src/http/problem.ts'
import { createTestClock, type TestClock } from '../../../src/testing/clock.ts'
import { createVerifier, type VerifierOptions } from '../../../src/verifier/index.ts'
import { createProduct, type Product } from '../attacks/product.ts'
import { createBrowser } from '../browser/browser.ts'
import { createApp } from './app.ts'
import { API, type Client, createHub, HUB, type Hub } from './hub.ts'
import { createNetwork, createTab, type Network, type Page, type Tab } from './network.ts'
import type { SsoSettings } from './settings.ts'
import { createTrace, type Trace } from './trace.ts'

export const ONE = 'https://one.test'
export const PHONE = 'https://phone.test'
const BEGIN = 1_800_000_000

export interface World {
  readonly settings: SsoSettings
  readonly clock: TestClock
  readonly trace: Trace
  readonly network: Network
  readonly tab: Tab
  readonly hub: Hub
  /** app-one's, and where app-two is. */
  readonly one: Product
  readonly two: string
  close(): Promise<void>
}

export async function createWorld(settings: SsoSettings): Promise<World> {
  const { flow, stateCookie, delayOneSeconds, delayTwoSeconds } = settings
  const clock = createTestClock({ now: BEGIN })
  const trace = createTrace(() => clock.now())
  const network = createNetwork(trace)
  const two = flow === 'sibling' ? 'https://two.one.test' : 'https://two.test'
  const clients = {
    one: {
      id: 'app-one',
      redirectUri: `${ONE}/callback`,
      backChannelUrl: `${ONE}/back-channel-logout`,
      delaySeconds: delayOneSeconds,
    },
    two: {
      id: 'app-two',
      redirectUri: `${two}/callback`,
      backChannelUrl: `${two}/back-channel-logout`,
      delaySeconds: delayTwoSeconds,
    },
    phone: {
      id: 'phone-app',
      redirectUri: `${PHONE}/callback`,
      backChannelUrl: null,
      delaySeconds: 0,
      wantsTokens: true,
    },
  } satisfies Record<string, Client>
  const hub = await createHub({ clock, clients: Object.values(clients), network })
  network.add(HUB, { party: 'hub', handle: hub.handle })
  // Script in app-one's page may hold tokens for the API only in the bridge; behind a BFF it gets none.
  const auths = {
    one: await createProduct(clock, ONE, { audiences: { [API]: { browser: flow === 'bridge' } } }),
    two: await createProduct(clock, two),
  }
  const responseMode = flow === 'form_post' ? 'form_post' : 'query'
  for (const party of ['one', 'two'] as const) {
    const origin = party === 'one' ? ONE : two
    const client = clients[party]
    const app = createApp({
      party,
      origin,
      auth: auths[party],
      client,
      hub,
      network,
      responseMode,
      stateCookie,
      now: clock.now,
    })
    network.add(origin, { party, handle: app.handle })
  }
  const issuer = flow === 'mobile' ? hub.auth : auths.one
  network.add(API, { party: 'api', handle: await createApi(issuer, flow === 'mobile' ? HUB : ONE, clock) })
  return {
    settings,
    clock,
    trace,
    network,
    tab: createTab(createBrowser(clock.wallMs), network, trace),
    hub,
    one: auths.one,
    two,
    async close() {
      await Promise.all([hub.auth, auths.one, auths.two].map((auth) => auth.close()))
    },
  }
}

/** A service that only checks tokens: the product's verifier, following the issuer's revocations. */
async function createApi(auth: Product, issuer: string, clock: TestClock) {
  const options: VerifierOptions = {
    keys: await auth.keys.publicKeys(),
    issuer,
    audience: API,
    clock: clock.now,
    revocations: auth.revocations,
  }
  const { verify } = createVerifier(options)
  return async (request: HttpRequest): Promise<Page> => {
    try {
      const { sub } = await verify((request.headers.get('authorization') ?? '').slice('Bearer '.length))
      return jsonResponse(200, { says: `the orders of ${sub}` })
    } catch (error) {
      return problemResponse(error, request)
    }
  }
}
